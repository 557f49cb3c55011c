import Memory

extension Array where Element == UInt8 {
  /// The bytes that a span shows.
  package init(copying span: Span<UInt8>) {
    self = span.indices.map { span[$0] }
  }

  /// The bytes of a chain.
  package init(copying chain: Chain, of chains: borrowing ByteChains) {
    var bytes: [UInt8] = []
    chains.forEachPiece(of: chain, atMost: Int.max) { piece in
      bytes += Array(copying: piece)
      return true
    }
    self = bytes
  }
}

extension String {
  /// The text whose bytes a span shows.
  package init(copying span: Span<UInt8>) {
    self.init(decoding: Array(copying: span), as: UTF8.self)
  }

  /// Its bytes.
  package var bytes: [UInt8] { Array(utf8) }
}
