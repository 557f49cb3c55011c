import MQTT
import Memory
import Messages
import Support

@testable import Sessions

/// A directory with the messages and texts that it needs beside it.
final class World {
  var directory: SessionDirectory
  var messages: MessageStore
  var texts: ByteChains

  init(sessions: Int = 8, deliveries: Int = 64, unreleased: Int = 16, texts: Int = 64) {
    directory = carved {
      SessionDirectory(
        sessions: sessions, deliveries: deliveries, unreleased: unreleased,
        hash: SeededHash(seed: 3), in: &$0)
    }
    messages = carved { MessageStore(count: 200, blocks: 400, blockBytes: 16, in: &$0) }
    self.texts = carved { ByteChains("texts", count: texts, blockBytes: 8, in: &$0) }
  }

  func add(_ name: String) -> Handle<Session>? {
    let bytes = name.bytes
    return directory.add(bytes.span, version: .v5, texts: &texts)
  }

  /// Adds a session where there is room.
  func added(_ name: String, quota: UInt16 = 20) -> Handle<Session> {
    guard let session = add(name) else { preconditionFailure("there is no room") }
    directory[session].sendQuota = quota
    return session
  }

  func find(_ name: String) -> Handle<Session>? {
    let bytes = name.bytes
    return directory.find(bytes.span, texts: texts)
  }

  /// Ends a session and releases all it held.
  func remove(_ session: Handle<Session>) {
    directory.retire(session)
    var work = Work(.max)
    let isEmpty = removeContents(of: session, &work)
    precondition(isEmpty)
    directory.remove(session, texts: &texts)
  }

  func removeContents(of session: Handle<Session>, _ work: inout Work) -> Bool {
    directory.removeContents(of: session, messages: &messages, texts: &texts, &work)
  }

  /// Lets what was sent be sent again; the work that it takes.
  @discardableResult
  func prepareResend(to session: Handle<Session>) -> Int {
    var work = Work(.max)
    directory.prepareResend(to: session, messages: messages, &work)
    return work.paid
  }

  /// Queues a message of so many bytes, of which nobody else holds any.
  func enqueue(
    _ byteCount: Int = 4, _ qos: QoS = .atLeastOnce, for session: Handle<Session>,
    identifiers: [UInt8] = [], isBound: Bool = false
  ) -> Bool {
    let bytes = [UInt8](repeating: 0x61, count: byteCount)
    let traits = MessageTraits(qos: qos, isRetained: false, expiry: .never)
    guard
      let message = messages.keep(
        topic: bytes.span, properties: Span(), payload: Span(), traits: traits)
    else { preconditionFailure("there is no room") }
    defer { messages.release(message) }
    var chain = Chain()
    let isKept = texts.append(identifiers.span, to: &chain)
    precondition(isKept)
    var delivery = Delivery(
      of: message, to: session.index, qos: qos, isRetained: false, identifiers: chain)
    delivery.isBound = isBound
    let queued = directory.enqueue(delivery, for: session, messages: &messages, texts: texts)
    if queued != nil { return true }
    texts.release(&chain)
    return false
  }

  /// Sends the oldest delivery that may be sent and returns it; a null handle if there is none.
  func transmit(_ session: Handle<Session>) -> Handle<Delivery> {
    guard directory.mayTransmit(session) else { return .null }
    let handle = directory.nextToSend(of: session)
    if directory[handle].qos == .atMostOnce {
      remove(handle, of: session)
    } else {
      directory.transmit(session, messages: messages)
    }
    return handle
  }

  func remove(_ delivery: Handle<Delivery>, of session: Handle<Session>) {
    directory.remove(delivery, of: session, messages: &messages, texts: &texts)
  }

  func receivePubrec(_ delivery: Handle<Delivery>, of session: Handle<Session>) {
    directory.receivePubrec(for: delivery, of: session, messages: &messages, texts: &texts)
  }

  /// Sessions, deliveries, unreleased identifiers, messages, text blocks.
  var used: [Int] {
    [
      directory.occupancy.used, directory.deliveryOccupancy.used,
      directory.unreleasedOccupancy.used, messages.messageOccupancy.used, texts.occupancy.used,
    ]
  }
}
