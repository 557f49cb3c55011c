import MQTT
import Memory

/// A short packet, or a piece of one, being put together: at most `limit` bytes.
struct PacketBytes<let limit: Int>: ByteSink, ~Copyable {
  private var bytes = InlineArray<limit, UInt8>(repeating: 0)
  private var count = 0

  init() {}

  var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(0..<count) }
  }

  mutating func append(byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  mutating func append(_ text: Span<UInt8>) {
    for index in text.indices { append(byte: text[index]) }
  }
}
