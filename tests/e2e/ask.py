"""Sends standard input to a unix socket and prints the first line that comes back."""
import socket
import sys

with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(15)
    s.connect(sys.argv[1])
    try:
        s.sendall(sys.stdin.buffer.read())
    except BrokenPipeError:
        pass  # refused in the middle: the answer says why
    got = b""
    while not got.endswith(b"\n"):
        part = s.recv(65536)
        if not part:
            break
        got += part
    sys.stdout.write(got.decode())
