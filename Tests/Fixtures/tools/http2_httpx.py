"""HTTP/2 by httpx (Debian's python3-httpx): what a script of an admin does.

Usage: http2_httpx.py PORT FOLDER     FOLDER has ca.pem, agent.pem and agent.key
Prints one line for each step.
"""
import asyncio
import hashlib
import sys

import httpx

BASE = f"https://localhost:{sys.argv[1]}"
FOLDER = sys.argv[2]
FILES = "/puppet/v3/file_content/modules/m/"
PARAMETERS = {"environment": "production"}
OPTIONS = dict(http2=True, base_url=BASE, verify=FOLDER + "/ca.pem", cert=(FOLDER + "/agent.pem", FOLDER + "/agent.key"), timeout=30)


def main():
    with httpx.Client(**OPTIONS) as client:
        response = client.get(FILES + "a", params=PARAMETERS)
        print(response.http_version, response.status_code, response.text)
        print("head", client.head(FILES + "a", params=PARAMETERS).status_code)
        content = b"0123456789" * 100_000
        put = client.put("/puppet/v3/report/agent.test", params=PARAMETERS, content=content)
        print("put", put.text == f"{len(content)} {hashlib.sha256(content).hexdigest()} ")
        pieces = (content[start : start + 7000] for start in range(0, len(content), 7000))
        put = client.put("/puppet/v3/report/agent.test", params=PARAMETERS, content=pieces)
        print("pieces", put.text == f"{len(content)} {hashlib.sha256(content).hexdigest()} ")
        form = client.post("/puppet/v3/catalog/agent.test", params=PARAMETERS, data={"facts": "x"})
        print("form", form.status_code, form.text.split()[0])
        with client.stream("GET", FILES + "large", params={**PARAMETERS, "size": "8000000"}) as stream:
            digest = hashlib.sha256()
            for piece in stream.iter_bytes():
                digest.update(piece)
            print("download", digest.hexdigest()[:8])
        print("rejected", client.get("/puppet/v3/catalog/other.test", params=PARAMETERS).status_code)
    asyncio.run(together())


async def together():
    async with httpx.AsyncClient(**OPTIONS) as client:
        responses = await asyncio.gather(*(client.get(f"{FILES}{number}", params=PARAMETERS) for number in range(50)))
        good = sum(r.text.startswith(f"{FILES}{n}?") and r.http_version == "HTTP/2" for n, r in enumerate(responses))
        print("together", good)


main()
