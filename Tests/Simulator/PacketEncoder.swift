// Packets to bytes, as a client writes them.
extension Packet {
  /// The bytes of the packet in a version: 3, 4 or 5.
  func encoded(version: UInt8) -> [UInt8] {
    var body: [UInt8] = []
    var flags: UInt8 = 0
    switch kind {
    case .connect: encodeConnect(&body)
    case .publish:
      flags = (isDuplicate ? 8 : 0) | qos << 1 | (isRetained ? 1 : 0)
      body.put(text: Array(topic.utf8))
      if qos > 0 { body.put(two: identifier) }
      if version == 5 { body.put(properties) }
      body += payload
    case .puback, .pubrec, .pubrel, .pubcomp:
      flags = kind == .pubrel ? 2 : 0
      body.put(two: identifier)
      if version == 5 && (reason != 0 || !properties.isEmpty) { body.append(reason) }
      if version == 5 && !properties.isEmpty { body.put(properties) }
    case .subscribe, .unsubscribe:
      flags = 2
      body.put(two: identifier)
      if version == 5 { body.put(properties) }
      for request in requests {
        body.put(text: Array(request.filter.utf8))
        if kind == .subscribe { body.append(request.options) }
      }
    case .disconnect:
      if version == 5 && (reason != 0 || !properties.isEmpty) {
        body.append(reason)
        body.put(properties)
      }
    default: break
    }
    var bytes = [kind.rawValue << 4 | flags]
    bytes.put(variable: body.count)
    return bytes + body
  }

  private func encodeConnect(_ body: inout [UInt8]) {
    body.put(text: Array((version == 3 ? "MQIsdp" : "MQTT").utf8))
    body.append(version)
    var flags: UInt8 = isCleanStart ? 2 : 0
    if let will { flags |= 4 | will.qos << 3 | (will.isRetained ? 0x20 : 0) }
    if userName != nil { flags |= 0x80 }
    if password != nil { flags |= 0x40 }
    body.append(flags)
    body.put(two: keepAlive)
    if version == 5 { body.put(properties) }
    body.put(text: Array(clientIdentifier.utf8))
    if let will {
      if version == 5 { body.put(will.properties) }
      body.put(text: Array(will.topic.utf8))
      body.put(text: will.payload)
    }
    if let userName { body.put(text: Array(userName.utf8)) }
    if let password { body.put(text: Array(password.utf8)) }
  }
}

extension [UInt8] {
  mutating func put(two value: UInt16) {
    append(UInt8(value >> 8))
    append(UInt8(value & 255))
  }

  mutating func put(text: [UInt8]) {
    put(two: UInt16(text.count))
    self += text
  }

  mutating func put(variable value: Int) {
    var rest = value
    repeat {
      append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
      rest >>= 7
    } while rest > 0
  }

  mutating func put(_ properties: [Packet.Property]) {
    var block: [UInt8] = []
    for property in properties {
      block.append(property.identifier)
      switch Packet.form(of: property.identifier) {
      case .byte: block.append(UInt8(truncatingIfNeeded: property.number))
      case .two: block.put(two: UInt16(truncatingIfNeeded: property.number))
      case .four:
        block.put(two: UInt16(truncatingIfNeeded: property.number >> 16))
        block.put(two: UInt16(truncatingIfNeeded: property.number))
      case .variable: block.put(variable: Int(property.number))
      case .text: block.put(text: property.bytes)
      case .pair:
        block.put(text: property.bytes)
        block.put(text: property.value)
      case nil: break
      }
    }
    put(variable: block.count)
    self += block
  }
}
