"""HTTP/1.1 on asyncio: parsed requests in, whole responses or chunked streams out.

Knows nothing of Kubernetes. A server can refuse, cut and outwait its clients, which is why this
is not an off-the-shelf ASGI server.
"""
