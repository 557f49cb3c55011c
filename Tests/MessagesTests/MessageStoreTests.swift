import MQTT
import Memory
import Support
import Testing

@testable import Messages

private func store(count: Int = 4, blocks: Int = 16, blockBytes: Int = 8) -> MessageStore {
  carved { MessageStore(count: count, blocks: blocks, blockBytes: blockBytes, in: &$0) }
}

extension MessageStore {
  fileprivate mutating func keep(
    _ topic: String, _ payload: [UInt8], properties: [UInt8] = [], expiry: Instant = .never
  ) -> Handle<Message>? {
    let bytes = topic.bytes
    return keep(
      topic: bytes.span, properties: properties.span, payload: payload.span,
      traits: MessageTraits(qos: .atLeastOnce, isRetained: false, expiry: expiry))
  }

  /// Topic, properties and payload, read as they are sent.
  fileprivate func content(of handle: Handle<Message>) -> [[UInt8]] {
    var target: ByteChains = carved { ByteChains("test", count: 64, blockBytes: 5, in: &$0) }
    var cursor = self[handle].start
    let counts = [
      Int(self[handle].topicCount), Int(self[handle].propertiesCount), self[handle].payloadCount,
    ]
    return counts.map { count in
      var chain = Chain()
      let isAppended = append(count, from: &cursor, to: &chain, of: &target)
      precondition(isAppended)
      return Array(copying: chain, of: target)
    }
  }

  fileprivate var used: [Int] { [messageOccupancy.used, blockOccupancy.used] }
}

@Test(arguments: [0, 1, 7, 8, 9, 40])
func aMessageComesBackAsItWasKept(count: Int) {
  var store = store()
  let payload = (0..<count).map { UInt8($0) }
  let handle = store.keep("a/b", payload) ?? .null
  let content = store.content(of: handle)
  #expect(content == ["a/b".bytes, [], payload])
  let (message, inUse) = (store[handle], store.bytesInUse)
  #expect(message.byteCount == 3 + count && message.qos == .atLeastOnce && !message.isRetained)
  #expect(inUse == (3 + count + 7) / 8 * 8)
}

@Test func whatAServerDoesNotForwardIsLeftOut() {
  // [MQTT-3.3.2-4] [MQTT-3.3.2-17] [MQTT-3.3.2-18]
  var store = store()
  let user: [UInt8] = [0x26, 0, 1, 0x61, 0, 1, 0x62]
  let format: [UInt8] = [0x01, 1]
  let alias: [UInt8] = [0x23, 0, 9]
  let expiry: [UInt8] = [0x02, 0, 0, 0, 9]
  let handle =
    store.keep("a", [1], properties: alias + user + expiry + format + user) ?? .null
  let content = store.content(of: handle)
  #expect(content == ["a".bytes, user + format + user, [1]])
}

@Test func aMessageLivesAsLongAsSomebodyHoldsIt() {
  var store = store()
  let handle = store.keep("topic", [1, 2, 3, 4]) ?? .null
  store.retain(handle)
  store.release(handle)
  let held = store.used
  store.release(handle)
  let after = store.used
  #expect(held == [1, 2] && after == [0, 0])
}

@Test func aMessageThatDoesNotFitLeavesNothingBehind() {
  for blocks in 0..<4 {
    var store = store(count: 2, blocks: blocks, blockBytes: 8)
    let hasRoom = store.hasRoom(for: 32)
    let handle = store.keep("abcd", [UInt8](repeating: 0, count: 28))
    let (used, refused) = (store.used, store.blockOccupancy.refused)
    #expect(!hasRoom && handle == nil && used == [0, 0] && refused == 1)
  }
  var store = store(count: 1, blocks: 9, blockBytes: 8)
  let first = store.keep("a", [])
  let second = store.keep("b", [])
  let (used, refused) = (store.used, store.messageOccupancy.refused)
  #expect(first != nil && second == nil && used == [1, 1] && refused == 1)
}

@Test func aTopicIsComparedInFull() {
  var store = store()
  let handle = store.keep("sensor/temperature", "sensor".bytes) ?? .null
  for other in [
    "", "sensor", "sensor/temperatur", "sensor/temperaturesensor", "sensor/temperatura",
  ] {
    let bytes = other.bytes
    let isSame = store.hasTopic(handle, bytes.span)
    #expect(!isSame)
  }
  let bytes = "sensor/temperature".bytes
  let isSame = store.hasTopic(handle, bytes.span)
  var buffer: Buffer = carved { Buffer("test", capacity: 32, in: &$0) }
  let count = store.copyTopic(of: handle, to: &buffer)
  let copy = String(copying: buffer.bytes(0..<count))
  #expect(isSame && copy == "sensor/temperature")
}

@Test func theRestOfAnExpiryIsWholeSecondsAndTheOneThatHasBegun() {
  // [MQTT-3.3.2-6]
  var store = store()
  let start = Instant(milliseconds: 5000)
  let handle = store.keep("a", [], expiry: start.adding(seconds: 10)) ?? .null
  let message = store[handle]
  #expect(message.remainingSeconds(at: start) == 10)
  #expect(message.remainingSeconds(at: start.adding(milliseconds: 2500)) == 8)
  #expect(message.remainingSeconds(at: start.adding(milliseconds: 9999)) == 1)
  #expect(message.remainingSeconds(at: start.adding(seconds: 11)) == 0)
  #expect(!message.isExpired(at: start.adding(seconds: 10)))
  #expect(message.isExpired(at: start.adding(milliseconds: 10_001)))
  store.setExpiry(of: handle, to: .never)
  let lasting = store[handle]
  #expect(lasting.remainingSeconds(at: start) == nil)
  #expect(!lasting.isExpired(at: Instant(milliseconds: UInt64.max - 1)))
}
