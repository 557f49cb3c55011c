/// What a proxy says of the client it speaks for, before the client's own bytes: version 1 or 2 of
/// the PROXY protocol.
package struct ProxyHeader: BitwiseCopyable {
  /// The client's address; `none` for the proxy's own connections and clients it knows nothing of.
  package enum Address: BitwiseCopyable, Equatable {
    case none
    case version4(UInt32)
    case version6(high: UInt64, low: UInt64)

    /// A number to know who comes again by; zero for none. Of the sixth version it is the network
    /// alone that counts: whoever has one has all of its addresses.
    package var number: UInt64 {
      switch self {
      case .none: return 0
      case .version4(let number): return 1 << 32 | UInt64(number)
      case .version6(let high, let low) where high == 0 && low >> 32 == 0xFFFF:
        return Address.version4(UInt32(truncatingIfNeeded: low)).number
      case .version6(let high, _): return high == 0 ? 1 : high
      }
    }
  }

  package let address: Address
  /// The client's port; 0 when the address is none.
  package let port: UInt16
  /// How many bytes the header has; what is beyond those at hand is to be skipped.
  package let count: Int

  /// Reads a header from the first bytes of a connection; nil when more of them are needed, at most
  /// `neededMax`. Throws when they are no such header: the connection is not to be answered.
  ///
  /// - Parameter version: 1 for a line of text, 2 for the binary form.
  package static func read(
    _ bytes: Span<UInt8>, version: UInt8
  ) throws(ProxyViolation) -> ProxyHeader? {
    version == 1 ? try readVersion1(bytes) : try readVersion2(bytes)
  }

  /// The most bytes it takes to know what a header says: the longest of version 1.
  package static var neededMax: Int { 107 }

  init(address: Address, port: UInt16, count: Int) {
    self.address = address
    self.port = port
    self.count = count
  }
}

/// What a proxy sent is no header of the PROXY protocol.
package struct ProxyViolation: Error, BitwiseCopyable {
  init() {}

  /// What it means, for the log.
  package var words: StaticString { "it sent no valid PROXY header" }
}
