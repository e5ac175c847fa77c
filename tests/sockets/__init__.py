"""The simulated exchange behind real TLS sockets that break in the ways that sockets do."""
