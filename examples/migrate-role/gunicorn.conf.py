"""How the shop is served."""

# Any free port: the log says which.
bind = "127.0.0.1:0"
workers = 2
# It would lie in the home directory.
control_socket_disable = True
