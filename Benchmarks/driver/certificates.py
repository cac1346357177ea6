"""A throw-away Puppet-like CA: root and intermediate with RSA-4096 keys as `puppetserver ca setup` makes them, both CRLs,
an agent's certificate (RSA-4096, and EC), a proxy's (EC and RSA-4096) and a compiler's. By the openssl command only."""
import os
import subprocess

AGENT = "node2.lab.test"        # the certname in the recorded run
REVOKED = 300                   # serials in the intermediate's CRL: a site that has lived for some years

CONFIG = """
[ca]
default_ca = this
[this]
dir = {folder}
database = $dir/{name}.index
serial = $dir/{name}.serial
new_certs_dir = $dir
certificate = $dir/{name}.pem
private_key = $dir/{name}.key
default_md = sha256
default_days = 1825
default_crl_days = 1825
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make(folder):
    """Fills `folder`; the names of the files are those used in proxies.py."""
    at = lambda name: os.path.join(folder, name)
    for name in ("root", "intermediate"):
        _write(at(name + ".conf"), CONFIG.format(folder=folder, name=name))
        _write(at(name + ".serial"), "1000\n")
    _write(at("root.index"), "")
    _write(at("intermediate.index"), "".join(
        f"R\t361231235959Z\t250101000000Z\t{4096 + serial:X}\tunknown\t/CN=gone{serial}\n" for serial in range(REVOKED)))
    _write(at("intermediate.serial"), f"{4096 + REVOKED:X}\n")

    _key(at("root.key"), "rsa")
    openssl("req", "-x509", "-new", "-key", at("root.key"), "-subj", "/CN=Puppet Root CA", "-days", "1825", "-sha256",
            "-config", _request(at, "root"), "-extensions", "authority", "-out", at("root.pem"))
    _issue(at, "intermediate", "Puppet CA", "rsa", "root", "authority")
    for name, common_name, algorithm in (
        ("agent-rsa", AGENT, "rsa"), ("agent-ec", AGENT, "ec"), ("proxy-ec", "puppet.bench.test", "ec"),
        ("proxy-rsa", "puppet.bench.test", "rsa"), ("compiler", "compiler.bench.test", "ec"),
    ):
        _issue(at, name, common_name, algorithm, "intermediate", "leaf")
    for name in ("root", "intermediate"):
        openssl("ca", "-config", at(name + ".conf"), "-gencrl", "-out", at(name + ".crl"))

    _join(at("ca.pem"), at("intermediate.pem"), at("root.pem"))
    _join(at("crl.pem"), at("intermediate.crl"), at("root.crl"))
    for name in ("proxy-ec", "proxy-rsa", "compiler"):
        _join(at(name + ".chain.pem"), at(name + ".pem"), at("intermediate.pem"))
        _join(at(name + ".both.pem"), at(name + ".chain.pem"), at(name + ".key"))       # as HAProxy wants it


def make_herd(folder, count):
    """Adds `count` agents with P-256 keys to what `make` has made. A list of (certname, certificate's file, key's file)."""
    at = lambda name: os.path.join(folder, name)
    for number in range(count):
        _issue(at, f"herd-{number}", f"node{number}.herd.test", "ec", "intermediate", "leaf")
    return [(f"node{number}.herd.test", at(f"herd-{number}.pem"), at(f"herd-{number}.key")) for number in range(count)]


def _key(path, algorithm):
    how = ("RSA", "rsa_keygen_bits:4096") if algorithm == "rsa" else ("EC", "ec_paramgen_curve:P-256")
    openssl("genpkey", "-algorithm", how[0], "-pkeyopt", how[1], "-out", path)


def _request(at, name, extra=""):
    path = at(name + ".request.conf")
    _write(path, "[req]\ndistinguished_name = dn\nprompt = no\n" + extra + "[dn]\n" + CONFIG.format(folder="", name=name))
    return path


def _issue(at, name, common_name, algorithm, authority, extensions):
    _key(at(name + ".key"), algorithm)
    names = "req_extensions = names\n[names]\nsubjectAltName = DNS:" + common_name + "\n" if extensions == "leaf" else ""
    openssl("req", "-new", "-key", at(name + ".key"), "-subj", "/CN=" + common_name, "-config", _request(at, name, names),
            "-out", at(name + ".csr"))
    openssl("ca", "-batch", "-notext", "-config", at(authority + ".conf"), "-extensions", extensions, "-in", at(name + ".csr"),
            "-out", at(name + ".pem"))


def _join(path, *parts):
    _write(path, "".join(open(part).read() for part in parts))


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)
