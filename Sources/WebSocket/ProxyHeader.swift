import Memory

/// What a proxy says of the client it speaks for, before the client's own bytes: version 1 or 2 of
/// the PROXY protocol.
package struct ProxyHeader: BitwiseCopyable {
  /// The client; `none` for the proxy's own connections and clients it knows nothing of.
  package let peer: Peer
  /// How many bytes the header has; what is beyond those at hand is to be skipped.
  package let count: Int
  /// How many of them come before the extensions; nil when those are of no form that could be judged.
  package let fixedCount: Int?

  /// Reads a header from the first bytes of a connection; nil when more of them are needed, at most
  /// `neededMax`. Throws when they are no such header: the connection is not to be answered.
  ///
  /// - Parameter version: 1 for a line of text, 2 for the binary form.
  package static func read(
    _ bytes: Span<UInt8>, version: UInt8, _ work: inout Work
  ) throws(ProxyViolation) -> ProxyHeader? {
    work.pay(WebSocketPrice.scanning(min(bytes.count, neededMax)))
    return version == 1 ? try readVersion1(bytes) : try readVersion2(bytes)
  }

  /// The most bytes it takes to know what a header says: the longest of version 1.
  package static var neededMax: Int { 107 }

  init(_ peer: Peer, count: Int, fixedCount: Int? = nil) {
    self.peer = peer
    self.count = count
    self.fixedCount = fixedCount
  }
}

/// What a proxy sent is no header of the PROXY protocol.
package struct ProxyViolation: Error, BitwiseCopyable {
  package init() {}

  /// What it means, for the log.
  package var words: StaticString { "it sent no valid PROXY header" }
}
