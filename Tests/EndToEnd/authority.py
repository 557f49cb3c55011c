"""Certificates for tests: an authority, and what it has signed, as files in a folder."""

import datetime
import ipaddress
import itertools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
names = itertools.count(1)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def make_key(kind="ecdsa"):
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP384R1() if kind == "p384" else ec.SECP256R1())


def subject(common_name):
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "AT"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Swiftlet, tests"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ])


class Holder:
    """A certificate, its key, and the files both stand in; those it hangs on follow its own."""

    def __init__(self, folder, key, chain):
        self.key, self.chain, self.certificate = key, chain, chain[0]
        stem = folder / f"{next(names)}"
        self.certfile, self.keyfile = stem.with_suffix(".crt"), stem.with_suffix(".key")
        self.certfile.write_bytes(b"".join(map(pem, chain)))
        self.keyfile.write_bytes(pem_of_key(key))

    @property
    def settings(self):
        return f"certfile {self.certfile}\nkeyfile {self.keyfile}\n"

    @property
    def pair(self):
        return str(self.certfile), str(self.keyfile)


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key, password=None, format=serialization.PrivateFormat.PKCS8):
    encryption = (serialization.BestAvailableEncryption(password) if password
                  else serialization.NoEncryption())
    return key.private_bytes(serialization.Encoding.PEM, format, encryption)


class Authority:
    """Signs what it is asked to; `above` has signed it itself."""

    def __init__(self, folder, name="Tests", above=None, ends=365 * DAY):
        self.folder, self.key, self.name = folder, make_key(), subject(f"{name} authority")
        self.above = above
        signer, issuer = (above.key, above.name) if above else (self.key, self.name)
        self.certificate = (
            x509.CertificateBuilder().subject_name(self.name).issuer_name(issuer)
            .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now() - 9 * DAY).not_valid_after(now() + ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(key_usage(signs_certificates=True), critical=True)
            .sign(signer, hashes.SHA256()))
        self.cafile = folder / f"{next(names)}.ca.crt"
        self.cafile.write_bytes(pem(self.certificate))

    def issue(self, common_name, kind="ecdsa", starts=-DAY, ends=30 * DAY, usage="client",
              hosts=(), name=None):
        """A certificate that is good from `starts` to `ends`, counted from now."""
        key = make_key(kind)
        purpose = {"client": ExtendedKeyUsageOID.CLIENT_AUTH, "server": ExtendedKeyUsageOID.SERVER_AUTH}
        builder = (
            x509.CertificateBuilder().subject_name(name or subject(common_name))
            .issuer_name(self.name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() + starts).not_valid_after(now() + ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose[usage]]), critical=False))
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([
                x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
                for host in hosts]), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return Holder(self.folder, key, [certificate] + ([self.certificate] if self.above else []))

    def server(self, kind="ecdsa", hosts=("localhost", "127.0.0.1"), **traits):
        return self.issue(hosts[0], kind, usage="server", hosts=hosts, **traits)

    def revoke(self, *holders):
        """A list of certificates that are no longer good: its path."""
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.name)
                   .last_update(now() - DAY).next_update(now() + 30 * DAY))
        for holder in holders:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number)
                .revocation_date(now() - DAY).build())
        path = self.folder / f"{next(names)}.crl"
        path.write_bytes(builder.sign(self.key, hashes.SHA256())
                         .public_bytes(serialization.Encoding.PEM))
        return path


def key_usage(signs_certificates=False):
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False,
        key_encipherment=not signs_certificates, data_encipherment=False, key_agreement=False,
        key_cert_sign=signs_certificates, crl_sign=signs_certificates, encipher_only=False,
        decipher_only=False)
