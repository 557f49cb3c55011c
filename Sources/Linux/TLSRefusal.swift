import CLinux

/// Why TLS was refused, in words.
enum TLSRefusal {
  static func words(of refusal: Int32) -> StaticString {
    switch refusal {
    case LINUX_TLS_NO_MEMORY: "there is no TLS memory left"
    case LINUX_TLS_NO_PLACE: "there are as many connections with TLS as tlsConnections allows"
    case LINUX_TLS_NO_SHARE: "its address has its share of tlsConnections"
    case LINUX_TLS_ENDLESS: "it sends warnings, or records of a handshake, without end"
    case LINUX_TLS_LONG_CHAIN:
      "its certificates take too long to verify: more than 4, or RSA keys of more than 4096 bits"
    case LINUX_TLS_AGAIN: "it wants another handshake"
    case LINUX_TLS_TOO_SLOW: "its handshake did not go on, and others waited for its place"
    case LINUX_TLS_NOT_SPOKEN: "it does not speak TLS"
    case LINUX_TLS_VERSION: "it wants another version of TLS"
    case LINUX_TLS_CIPHER: "there is no cipher suite in common"
    case LINUX_TLS_NO_CERTIFICATE: "it has shown no certificate"
    case LINUX_TLS_ISSUER_EXPIRED: "the certificate of its issuer has expired"
    case LINUX_TLS_ISSUER_UNFIT: "the certificate of its issuer was revoked, or is not fit for this"
    case LINUX_TLS_EXPIRED: "its certificate has expired"
    case LINUX_TLS_NOT_YET_VALID: "its certificate is not valid yet, or the clock is wrong"
    case LINUX_TLS_REVOKED: "its certificate was revoked"
    case LINUX_TLS_NOT_TRUSTED: "its certificate is of no authority we know"
    case LINUX_TLS_UNFIT: "its certificate is not fit for this"
    case LINUX_TLS_UNKNOWN_IDENTITY: "its identity is not known, or its key is wrong"
    case LINUX_TLS_DAMAGED: "its bytes were forged, or its key is wrong"
    case LINUX_TLS_BROKEN_OFF: "it has refused us: its alert says no more"
    case LINUX_TLS_LOST: "it went away during the handshake"
    case LINUX_TLS_PROTOCOL:
      "its hello was not understood, or it wants a protocol that is not ours"
    case LINUX_TLS_ENCRYPTED_KEY: "the key is encrypted: store it without a password"
    case LINUX_TLS_MALFORMED: "it is not what it should be, in PEM or DER"
    case LINUX_TLS_KEY_MISMATCH: "the key is not that of the certificate"
    case LINUX_TLS_NO_VERSION: "the TLS library in this program does not speak that version"
    case LINUX_TLS_NO_CIPHER: "there is no cipher suite among them that is known here"
    case LINUX_TLS_UNKNOWN_KIND:
      "its key or signature is of a kind that is not known here, as Ed25519 is: RSA and ECDSA are"
    case LINUX_TLS_UNKNOWN_CIPHER: "it is no cipher suite that is known here, and is passed over"
    case LINUX_TLS_LONE_CERTIFICATE:
      "who has signed it is in neither certfile nor cafile: clients must know that certificate themselves"
    case LINUX_TLS_OLD_LIST: "the list of revoked certificates in crlfile has expired"
    case LINUX_TLS_EMPTY_FOLDER: "no file in it is a certificate"
    case LINUX_TLS_UNAVAILABLE: "this board was built without TLS"
    default: "the handshake failed"
    }
  }
}
