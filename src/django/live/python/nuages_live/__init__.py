"""Django back ends that read their password from a file each time they connect. Written by `nuages exec --supervise`."""
