import Foundation
import Support
import Testing

@testable import Memory

private func text(_ peer: Peer) -> String {
  var line = Line()
  line.append(peer)
  return String(copying: line.span)
}

@Suite struct PeerTests {
  /// Addresses, and how Python's `ipaddress` writes them.
  static let addresses: [(high: UInt64, low: UInt64, text: String)] = [
    (0x2001_0DB8_0000_0000, 0x0000_0000_0000_0001, "2001:db8::1"),
    (0x0000_0000_0000_0000, 0x0000_0000_0000_0000, "::"),
    (0x0000_0000_0000_0000, 0x0000_0000_0000_0001, "::1"),
    (0x0001_0000_0000_0000, 0x0000_0000_0000_0000, "1::"),
    (0xFE80_0000_0000_0000, 0x0000_0000_0000_0001, "fe80::1"),
    (0x2001_0DB8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
    (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
    (0x0000_0001_0000_0001, 0x0000_0001_0000_0001, "0:1:0:1:0:1:0:1"),
    (0x0001_0000_0001_0000, 0x0001_0000_0001_0000, "1:0:1:0:1:0:1:0"),
    (0x0000_0000_0001_0000, 0x0000_0000_0000_0000, "0:0:1::"),
    (0xFF02_0000_0000_0000, 0x0000_0000_0000_00FB, "ff02::fb"),
    (0x0001_0002_0003_0004, 0x0005_0006_0007_0008, "1:2:3:4:5:6:7:8"),
    (0x0000_0002_0003_0004, 0x0005_0006_0007_0008, "0:2:3:4:5:6:7:8"),
    (0x0001_0002_0003_0004, 0x0005_0006_0007_0000, "1:2:3:4:5:6:7:0"),
    (0x0000_0002_0003_0004, 0x0005_0006_0007_0008, "0:2:3:4:5:6:7:8"),
    (0x0001_0002_0003_0004, 0x0005_0006_0000_0000, "1:2:3:4:5:6::"),
    (0x0000_0000_0000_0000, 0xFFFF_0000_0000_0001, "::ffff:0:0:1"),
    (0x0064_FF9B_0000_0000, 0x0000_0000_C000_0201, "64:ff9b::c000:201"),
    (0xABCD_EF01_2345_6789, 0xABCD_EF01_2345_6789, "abcd:ef01:2345:6789:abcd:ef01:2345:6789"),
    (0x0010_0100_1000_0001, 0x000F_00FF_0FFF_FFFF, "10:100:1000:1:f:ff:fff:ffff"),
    (0x0000_0002_000B_0000, 0x0000_0000_1E43_0007, "0:2:b::1e43:7"),
    (0x0000_0017_0000_003C, 0x0000_0000_0001_00FE, "0:17:0:3c::1:fe"),
    (0x0000_0000_005C_0029, 0x0000_936C_0003_0000, "::5c:29:0:936c:3:0"),
    (0x0000_0002_0AE2_0FE4, 0x0000_0F2B_0001_0000, "0:2:ae2:fe4:0:f2b:1:0"),
    (0x000E_0000_0000_0000, 0x0000_0000_0000_0000, "e::"),
    (0x0000_4C0E_0B1D_0000, 0x0000_0000_0000_0000, "0:4c0e:b1d::"),
    (0x0000_04B0_0009_0008, 0x0000_00A8_0000_0000, "0:4b0:9:8:0:a8::"),
    (0xB60C_0000_0000_0E4F, 0x0000_0000_0000_00F7, "b60c:0:0:e4f::f7"),
    (0x000F_02B6_000C_0000, 0x0000_0000_0000_0000, "f:2b6:c::"),
    (0x4AD7_0000_0000_0000, 0x0000_0000_0000_0000, "4ad7::"),
    (0x0EA9_42F3_0000_0000, 0x0000_0000_3653_0000, "ea9:42f3::3653:0"),
    (0x0000_0000_A6B6_0000, 0x7ECC_0000_0000_0000, "0:0:a6b6:0:7ecc::"),
    (0x0000_0006_0000_0000, 0x0000_0000_0000_0000, "0:6::"),
    (0x0000_02F3_0000_E183, 0x0000_0000_0000_0000, "0:2f3:0:e183::"),
    (0x0000_0000_00FD_0000, 0x0000_0000_0000_0000, "0:0:fd::"),
    (0x0000_0000_0016_0000, 0x0000_009F_0000_0000, "::16:0:0:9f:0:0"),
    (0x0000_0000_0000_366A, 0xFD70_9D95_0000_0000, "::366a:fd70:9d95:0:0"),
    (0x0000_0002_0000_0002, 0x9059_0000_0000_0000, "0:2:0:2:9059::"),
    (0x0000_09BC_002B_0000, 0x0000_0016_4753_0000, "0:9bc:2b::16:4753:0"),
    (0x0000_0000_19FF_0000, 0x0000_0002_0000_0000, "::19ff:0:0:2:0:0"),
  ]

  @Test("Addresses of the sixth version are written in their shortest form", arguments: addresses)
  func version6(high: UInt64, low: UInt64, written: String) {
    #expect(text(Peer(version6: high, low, port: 1883)) == "\(written):1883")
  }

  @Test("Wherever the zeros stand, the system writes the same")
  func zerosAnywhere() {
    for pattern in 1..<256 {
      var bytes = [UInt8](repeating: 0, count: 16)
      for group in 0..<8 where pattern >> group & 1 == 1 {
        bytes[2 * group] = UInt8(group)
        bytes[2 * group + 1] = UInt8(16 * group + 1)
      }
      // What could be an address of the fourth version is written as one there.
      guard bytes[..<10].contains(where: { $0 != 0 }) else { continue }
      var out = [CChar](repeating: 0, count: 64)
      _ = unsafe inet_ntop(AF_INET6, bytes, &out, 64)
      let end = out.firstIndex(of: 0) ?? 0
      let expected = String(decoding: out[..<end].map { UInt8($0) }, as: UTF8.self)
      let halves = [0, 8].map { bytes[$0..<$0 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
      #expect(text(Peer(version6: halves[0], halves[1], port: 0)) == "\(expected):0")
    }
  }

  @Test(
    "Addresses of the fourth version have four numbers",
    arguments: [
      (0 as UInt32, "0.0.0.0"), (0x7F00_0001, "127.0.0.1"), (0xC0A8_0A64, "192.168.10.100"),
      (.max, "255.255.255.255"),
    ])
  func version4(number: UInt32, written: String) {
    #expect(text(Peer(version4: number, port: 65_535)) == "\(written):65535")
    // So is one that came by a socket of both versions.
    let mapped = Peer(version6: 0, 0xFFFF_0000_0000 | UInt64(number), port: 65_535)
    #expect(mapped == Peer(version4: number, port: 65_535) && mapped.kind == .version4)
  }

  @Test("Without an address it is said why") func others() {
    #expect(text(.local) == "local")
    #expect(text(.none) == "unknown")
  }

  @Test("An address is written without its port too") func withoutPort() {
    let peers = [
      Peer(version4: 0xC000_0207, port: 51_234), Peer(version6: 0x2001_0DB8_0000_0000, 1, port: 9),
      .local, .none,
    ]
    let written = peers.map { peer in
      var line = Line()
      line.append(addressOf: peer)
      return String(copying: line.span)
    }
    #expect(written == ["192.0.2.7", "2001:db8::1", "local", "unknown"])
  }

  @Test("Who comes again is known by the address, of the sixth version by the network")
  func networks() {
    let four = Peer(version4: 0xC000_0201, port: 1)
    #expect(four.network == 0x1_C000_0201)
    #expect(four.network == Peer(version4: 0xC000_0201, port: 2).network)
    #expect(Peer(version4: 0, port: 0).network == 1 << 32)
    #expect(Peer(version6: 0, 0xFFFF_C000_0201, port: 9).network == four.network)
    #expect(Peer(version6: 7, 1, port: 1).network == 7)
    #expect(Peer(version6: 7, 1, port: 1).network == Peer(version6: 7, 2, port: 1).network)
    #expect(Peer(version6: 0, 1, port: 1).network == 1)
    #expect(Peer.none.network == 0 && Peer.local.network == 0)
  }

  @Test("It has 20 bytes, and is all zero where nothing is known") func bytes() {
    #expect(MemoryLayout<Peer>.stride == 20)
    withUnsafeBytes(of: Peer.none) { bytes in
      for offset in 0..<MemoryLayout<Peer>.size { #expect(unsafe bytes[offset] == 0) }
    }
  }
}
