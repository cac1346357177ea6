"""HTTP/2 by Python's h2 (Debian's python3-h2), frame by frame: many streams, an upload with trailers, a large download, a drain.

Usage: http2_streams.py PORT FOLDER WHAT…     FOLDER has ca.pem, agent.pem and agent.key
Prints one line for each WHAT; the exit code is 0 where nothing was raised.
"""
import hashlib
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events

FILES = "/puppet/v3/file_content/modules/m/"
QUERY = "?environment=production"
REPORT = "/puppet/v3/report/agent.test" + QUERY


class Client:
    def __init__(self, port, folder):
        context = ssl.create_default_context(cafile=folder + "/ca.pem")
        context.load_cert_chain(folder + "/agent.pem", folder + "/agent.key")
        context.set_alpn_protocols(["h2", "http/1.1"])
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(connection, server_hostname="localhost")
        assert self.socket.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.responses = {}
        self.last_stream = None
        self.is_open = True
        self.send()

    def send(self):
        self.socket.sendall(self.h2.data_to_send())

    def request(self, method, path, fields=(), ends=True):
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
        self.h2.send_headers(stream, head + list(fields), end_stream=ends)
        self.responses[stream] = {"status": 0, "content": hashlib.sha256(), "count": 0, "text": b"", "trailers": {}, "ended": False}
        self.send()
        return stream

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            self.is_open = False
            return
        for event in self.h2.receive_data(data):
            response = self.responses.get(getattr(event, "stream_id", None))
            if isinstance(event, h2.events.ResponseReceived):
                response["status"] = int(dict(event.headers)[":status"])
            elif isinstance(event, h2.events.DataReceived):
                response["content"].update(event.data)
                response["count"] += len(event.data)
                response["text"] += event.data[: 4096 - len(response["text"])]
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.TrailersReceived):
                response["trailers"] = {name: value for name, value in event.headers}
            elif isinstance(event, h2.events.StreamEnded):
                response["ended"] = True
            elif isinstance(event, h2.events.StreamReset):
                response["status"] = -event.error_code
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.last_stream = (event.last_stream_id, int(event.error_code))
                # h2 4.1 takes every GOAWAY for the end, and would not read the streams that go on (RFC 9113 section 6.8).
                self.h2.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
        self.send()

    def wait(self, streams):
        while self.is_open and not all(self.responses[stream]["ended"] for stream in streams):
            self.receive()

    def upload(self, stream, content, trailers):
        sent = 0
        while sent < len(content):
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(content) - sent)
            if room <= 0:  # less than nothing where the SETTINGS arrive after content was sent
                self.receive()
                continue
            self.h2.send_data(stream, content[sent : sent + room])
            sent += room
            self.send()
        self.h2.send_headers(stream, trailers, end_stream=True)
        self.send()


def many(client):
    streams = [client.request("GET", f"{FILES}{number}{QUERY}") for number in range(100)]
    client.wait(streams)
    good = sum(client.responses[s]["text"].decode() == f"{FILES}{n}{QUERY}" for n, s in enumerate(streams))
    print("many", good)


def upload(client):
    content = bytes(range(256)) * 12_000
    stream = client.request("PUT", REPORT, ends=False)
    client.upload(stream, content, [("x-sum", "12")])
    client.wait([stream])
    expected = f"{len(content)} {hashlib.sha256(content).hexdigest()} x-sum: 12"
    print("upload", client.responses[stream]["text"].decode() == expected)


def download(client):
    streams = [client.request("GET", f"{FILES}large{QUERY}&size=8000000") for _ in range(3)]
    client.wait(streams)
    print("download", *(f"{client.responses[s]['count']} {client.responses[s]['content'].hexdigest()[:8]}" for s in streams))


def trailers(client):
    stream = client.request("GET", f"{FILES}trailers{QUERY}")
    client.wait([stream])
    print("trailers", client.responses[stream]["text"].decode(), client.responses[stream]["trailers"])


def drain(client):
    """The stream that is open is served after the final GOAWAY names it; then the connection ends."""
    stream = client.request("GET", f"{FILES}held{QUERY}")
    print("held", flush=True)
    while client.last_stream is None or client.last_stream[0] != stream:
        client.receive()
    print("goaway", *client.last_stream, flush=True)
    client.wait([stream])
    print("served", client.responses[stream]["status"], flush=True)
    while client.is_open:
        client.receive()
    print("closed")


if __name__ == "__main__":
    for name in sys.argv[3:]:
        {"many": many, "upload": upload, "download": download, "trailers": trailers, "drain": drain}[name](
            Client(int(sys.argv[1]), sys.argv[2])
        )
