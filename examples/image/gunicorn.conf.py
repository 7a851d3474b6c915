"""How the shop is served in a container."""

bind = "0.0.0.0:8000"
workers = 2
# Where workers show that they live; the root of the container may be read-only.
worker_tmp_dir = "/dev/shm"
# What is being answered at TERM has this long; `nuages exec --kill-after` is longer.
graceful_timeout = 20
# It would lie in the home directory.
control_socket_disable = True
