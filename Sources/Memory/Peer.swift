/// The address and port of the other end of a connection, in 20 bytes: all zero where nothing is known.
package struct Peer: BitwiseCopyable {
  /// Of what kind the address is.
  package enum Kind: UInt8, BitwiseCopyable {
    /// None is known.
    case none
    /// A program of this machine, by a socket in the file system.
    case local
    case version4
    case version6
  }

  /// The address from its front; one of the fourth version is the first of them.
  private let words: InlineArray<4, UInt32>
  package let port: UInt16
  package let kind: Kind

  private init(_ kind: Kind, _ words: InlineArray<4, UInt32>, port: UInt16) {
    self.words = words
    self.port = port
    self.kind = kind
  }

  /// Nobody knows who.
  package static var none: Peer { Peer(.none, [0, 0, 0, 0], port: 0) }

  /// A program of this machine.
  package static var local: Peer { Peer(.local, [0, 0, 0, 0], port: 0) }

  package init(version4 number: UInt32, port: UInt16) {
    self.init(.version4, [number, 0, 0, 0], port: port)
  }

  /// An address of the sixth version, by its halves; one that stands for an address of the fourth is
  /// that one. [RFC 4291, 2.5.5.2]
  package init(version6 high: UInt64, _ low: UInt64, port: UInt16) {
    guard high != 0 || low >> 32 != 0xFFFF else {
      self.init(version4: UInt32(truncatingIfNeeded: low), port: port)
      return
    }
    self.init(
      .version6,
      [
        UInt32(truncatingIfNeeded: high >> 32), UInt32(truncatingIfNeeded: high),
        UInt32(truncatingIfNeeded: low >> 32), UInt32(truncatingIfNeeded: low),
      ], port: port)
  }

  /// A number to know who comes again by; zero for none and for programs of this machine.
  ///
  /// Of the sixth version it is the network alone: whoever has one has all of its addresses.
  package var network: UInt64 {
    switch kind {
    case .none, .local: return 0
    case .version4: return 1 << 32 | UInt64(words[0])
    case .version6:
      let high = UInt64(words[0]) << 32 | UInt64(words[1])
      return high == 0 ? 1 : high
    }
  }

  /// One of the eight numbers that an address of the sixth version is written with.
  fileprivate func group(_ index: Int) -> UInt32 {
    words[index / 2] >> (index % 2 == 0 ? 16 : 0) & 0xFFFF
  }

  /// The first of the longest runs of groups of zero; a single one is not shortened. [RFC 5952, 4.2]
  fileprivate var longestZeros: Range<Int> {
    var longest = 0..<1
    var start = 0
    while start < 8 {
      var end = start
      while end < 8 && group(end) == 0 { end += 1 }
      if end - start > longest.count { longest = start..<end }
      start = end + 1
    }
    return longest.count > 1 ? longest : 8..<8
  }

  package static func == (left: Peer, right: Peer) -> Bool {
    left.kind == right.kind && left.port == right.port && left.words[0] == right.words[0]
      && left.words[1] == right.words[1] && left.words[2] == right.words[2]
      && left.words[3] == right.words[3]
  }
}

extension Line {
  /// Appends an address and its port as Mosquitto writes them: `192.0.2.1:1883`, `2001:db8::1:1883`.
  ///
  /// Behind the last colon there always is the port. Who has neither is `local` or `unknown`.
  @inline(never)
  package mutating func append(_ peer: Peer) {
    append(addressOf: peer)
    guard peer.kind == .version4 || peer.kind == .version6 else { return }
    append(byte: UInt8(ascii: ":"))
    append(UInt64(peer.port))
  }

  /// Appends an address without its port: `192.0.2.1`, `2001:db8::1` [RFC 5952], `local` or `unknown`.
  @inline(never)
  package mutating func append(addressOf peer: Peer) {
    switch peer.kind {
    case .none: append("unknown")
    case .local: append("local")
    case .version4: appendVersion4(peer)
    case .version6: appendVersion6(peer)
    }
  }

  private mutating func appendVersion4(_ peer: Peer) {
    for part in 0..<4 {
      if part > 0 { append(byte: UInt8(ascii: ".")) }
      let half = peer.group(part / 2)
      append(UInt64(part % 2 == 0 ? half >> 8 : half & 0xFF))
    }
  }

  private mutating func appendVersion6(_ peer: Peer) {
    let zeros = peer.longestZeros
    var index = 0
    while index < 8 {
      guard index != zeros.lowerBound else {
        append("::")
        index = zeros.upperBound
        continue
      }
      if index > 0 && index != zeros.upperBound { append(byte: UInt8(ascii: ":")) }
      append(hexadecimalGroup: peer.group(index))
      index += 1
    }
  }

  /// Appends up to four digits, without leading zeros and in lower case. [RFC 5952, 4.1 and 4.3]
  private mutating func append(hexadecimalGroup number: UInt32) {
    var shift: UInt32 = 12
    while shift > 0 && number >> shift == 0 { shift -= 4 }
    while true {
      let digit = UInt8(truncatingIfNeeded: number >> shift & 0xF)
      append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      guard shift > 0 else { return }
      shift -= 4
    }
  }
}
