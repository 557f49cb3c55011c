import MQTT
import Memory
import Messages

// Parts of packets, appended to outgoing bytes for which somebody has seen that there is room.
//
// They are changed where they are: a copy of a `Chain` taken and put back costs more than what is
// appended.
extension Departures {
  mutating func put(_ bytes: Span<UInt8>, to outgoing: inout Chain) {
    let isPut = blocks.append(bytes, to: &outgoing)
    precondition(isPut)
  }

  /// Bytes of a message from the cursor on, which moves.
  mutating func put(
    _ count: Int, from cursor: inout ChainCursor, of messages: borrowing MessageStore,
    to outgoing: inout Chain
  ) {
    let isPut = messages.append(count, from: &cursor, to: &outgoing, of: &blocks)
    precondition(isPut)
  }

  mutating func put(_ text: Chain, of texts: borrowing ByteChains, to outgoing: inout Chain) {
    guard !text.isEmpty else { return }
    var cursor = ChainCursor(startOf: text)
    let isPut = blocks.append(text.count, from: &cursor, of: texts, to: &outgoing)
    precondition(isPut)
  }

  /// The properties that are forwarded, unaltered and in order. [MQTT-3.3.2-4] [MQTT-3.3.2-15]
  /// [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
  mutating func putForwarded(_ properties: Span<UInt8>, to outgoing: inout Chain) {
    var forwarded = ForwardedProperties()
    while let field = forwarded.next(in: properties) { put(field.in(properties), to: &outgoing) }
  }

  mutating func putFixedHeader(_ header: OutgoingPublish, to outgoing: inout Chain) {
    var head = PacketBytes<8>()
    header.writeFixedHeader(to: &head)
    put(head.span, to: &outgoing)
  }

  mutating func putBeforeForwarded(_ header: OutgoingPublish, to outgoing: inout Chain) {
    var middle = PacketBytes<24>()
    header.writeBeforeForwarded(to: &middle)
    put(middle.span, to: &outgoing)
  }
}
