import Testing

@testable import MQTT

@Suite struct TextTests {
  /// What the standard library says, without control characters and what is no character.
  private func isWellFormed(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && !$0.properties.isNoncharacterCodePoint
    }
  }

  private func disagrees(_ bytes: [UInt8]) -> Bool {
    Text.isWellFormed(bytes.span) != isWellFormed(bytes)
  }

  // [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT3-1.5.3-1] [MQTT3-1.5.3-2]
  @Test func `all sequences of two bytes are judged as the standard library does`() {
    var wrong = 0
    for first in UInt8.min...UInt8.max {
      if disagrees([first]) { wrong += 1 }
      for second in UInt8.min...UInt8.max where disagrees([first, second]) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  // [MQTT-1.5.4-1] [MQTT3-1.5.3-1]
  @Test func `longer sequences at all edges are judged as the standard library does`() {
    let edges: [UInt8] = [
      0, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xAF, 0xB0, 0xB7, 0xBD, 0xBE, 0xBF, 0xC0, 0xFF,
    ]
    var wrong = 0
    for first in UInt8(0xC0)...UInt8.max {
      for second in edges {
        for third in edges {
          for fourth in edges {
            let bytes = [first, second, third, fourth]
            if disagrees(bytes) { wrong += 1 }
            if disagrees(Array(bytes.prefix(3))) { wrong += 1 }
          }
        }
      }
    }
    #expect(wrong == 0)
  }

  // [1.5.4]
  @Test func `every scalar is for use unless it is a control character or none at all`() {
    var wrong = 0
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      if disagrees(Array(String(scalar).utf8)) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  // [MQTT-1.5.4-1] [MQTT-1.5.4-2]
  @Test func `it does not matter where in a text the bytes lie`() {
    let samples: [[UInt8]] = [
      [0x41], [0], [1], [0x0A], [0x1F], [0x20], [0x7E], [0x7F], [0x80], [0xC2, 0x9F], [0xC2, 0xA0],
      [0xEF, 0xB7, 0x90], [0xEF, 0xBF, 0xBF], [0xF0, 0x9F, 0xBF, 0xBE], [0xC3, 0xA9], [0xC3],
      [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x80],
    ]
    for sample in samples {
      for before in 0..<20 {
        for after in 0..<20 {
          let bytes = Array(repeating: 0x61, count: before) + sample
          let whole = bytes + Array(repeating: 0x7A, count: after)
          #expect(!disagrees(whole), "\(whole)")
        }
      }
    }
  }

  // [MQTT-1.5.4-3] [MQTT3-1.5.3-3]
  @Test func `a byte order mark is kept`() throws {
    let vector = Vector.named("text-byte-order-mark")
    let publish = try Publish(
      parsing: vector.bytes.span, header: header(of: vector.bytes), version: .v5)
    #expect(Array(vector.bytes[publish.topic.range]) == [0xEF, 0xBB, 0xBF, 0x61])
  }

  // [MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT3-3.3.2-2] [MQTT3-4.7.3-1]
  @Test func `a wildcard is found wherever it lies, and nothing is taken for one`() throws {
    for byte in UInt8(0x20)...UInt8(0x7E) {
      for place in 0..<19 {
        var bytes = Array(repeating: 0x61 as UInt8, count: 19)
        bytes[place] = byte
        let isWildcard = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#")
        #expect(TopicName.isValid(bytes.span) == !isWildcard)
      }
    }
  }
}

@Suite struct VariableByteIntegerTests {
  // [MQTT-1.5.5-1]
  @Test(
    arguments: [
      (0, [0]), (1, [1]), (127, [0x7F]), (128, [0x80, 1]), (16_383, [0xFF, 0x7F]),
      (16_384, [0x80, 0x80, 1]), (2_097_151, [0xFF, 0xFF, 0x7F]),
      (2_097_152, [0x80, 0x80, 0x80, 1]),
      (268_435_455, [0xFF, 0xFF, 0xFF, 0x7F]),
    ] as [(UInt32, [UInt8])])
  func `a number has the bytes of the standard's table`(_ value: UInt32, _ bytes: [UInt8]) throws {
    var sink = Collector()
    sink.append(variableByteInteger: value)
    #expect(sink.bytes == bytes)
    #expect(VariableByteInteger.length(of: value) == bytes.count)
    let read = try #require(try VariableByteInteger.read(bytes.span, at: 0))
    #expect(read.value == value && read.length == bytes.count)
    for count in 0..<bytes.count {
      let part = try VariableByteInteger.read(Array(bytes[..<count]).span, at: 0)
      #expect(part == nil)
    }
  }
}
