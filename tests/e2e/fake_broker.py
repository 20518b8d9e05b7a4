"""A broker that misbehaves once: it takes the first message to TOPIC without acknowledging it, and closes the connection.
Everything that it is sent is told on standard output; after that connection it behaves.

    fake_broker.py PORT TOPIC
"""
import socket
import struct
import sys

from mqtt_client import (CONNACK, CONNECT, DISCONNECT, PINGREQ, PINGRESP, PUBACK, PUBLISH, SUBACK, SUBSCRIBE, UNSUBACK,
                         UNSUBSCRIBE, packet, read_packet, read_publish)


def count_topics(body):
    count, at = 0, 2
    while at < len(body):
        at += 2 + struct.unpack("!H", body[at:at + 2])[0] + 1
        count += 1
    return count


def serve(sock, topic, rude):
    """Until the other side leaves; True if it was hung up on."""
    while True:
        kind, flags, body = read_packet(sock)
        if kind == CONNECT:
            print("connected", flush=True)
            sock.sendall(packet(CONNACK, 0, b"\0\0"))
        elif kind == SUBSCRIBE:
            sock.sendall(packet(SUBACK, 0, body[:2] + bytes(count_topics(body))))
        elif kind == UNSUBSCRIBE:
            sock.sendall(packet(UNSUBACK, 0, body[:2]))
        elif kind == PINGREQ:
            sock.sendall(packet(PINGRESP, 0, b""))
        elif kind == DISCONNECT:
            return False
        elif kind == PUBLISH:
            to, payload, retained, mid = read_publish(flags, body)
            print("published", to, payload, "retained" if retained else "", "again" if flags & 8 else "", flush=True)
            if rude and to == topic:
                return True
            if mid is not None:
                sock.sendall(packet(PUBACK, 0, struct.pack("!H", mid)))


def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
        rude = True
        while True:
            sock, _ = server.accept()
            with sock:
                try:
                    rude = not serve(sock, sys.argv[2], rude) and rude
                except ConnectionError:
                    pass
            print("gone", flush=True)


main()
