import MQTT
import Memory
import Sessions

// What happens is counted, and told in the log with who has brought it about.
extension Broker {
  /// Whom a line of the log is about, as far as that is known.
  struct Culprit: BitwiseCopyable {
    var session = Handle<Session>.null
    var connection = Handle<Connection>.null
    var peer = Peer.none
  }

  /// Counts an event and logs it with the Client it concerns.
  @inline(never)
  mutating func note(_ event: Event, _ session: Handle<Session>?, _ words: StaticString) {
    guard counts(event) else { return }
    tell(event, of: culprit(session ?? .null), Span(), words)
  }

  /// Counts an event and logs it with who is at the other end of a connection.
  ///
  /// - Parameter name: what the Client calls itself, while it has no session.
  @inline(never)
  mutating func note(
    _ event: Event, on connection: Handle<Connection>, named name: Span<UInt8> = Span(),
    _ words: StaticString = ""
  ) {
    guard counts(event) else { return }
    if !connections[connection].isAnnounced { announce(connection) }
    let culprit = Culprit(
      session: connections[connection].session, connection: connection,
      peer: presence.peer(of: connection))
    tell(event, of: culprit, name, words)
  }

  /// Tells of a connection once it has said something: by then the proxy has that speaks for it.
  @inline(never)
  mutating func announce(
    _ connection: Handle<Connection>, _ level: LogLevel = Event.connectionOpened.level
  ) {
    connections[connection].isAnnounced = true
    guard log.wants(level) && policy.logsConnections else { return }
    let culprit = Culprit(connection: connection, peer: presence.peer(of: connection))
    tell(.connectionOpened, of: culprit, Span(), "", level)
  }

  /// Counts an event and logs it with somebody of whom there is nothing else.
  @inline(never)
  mutating func note(_ event: Event, of culprit: Culprit, _ words: StaticString) {
    guard counts(event) else { return }
    tell(event, of: culprit, Span(), words)
  }

  /// Counts an event; whether the configuration wants lines about it.
  private mutating func counts(_ event: Event) -> Bool {
    log.count(event)
    return log.wants(event.level) && (policy.logsConnections || !event.isOfConnection)
  }

  private func culprit(_ session: Handle<Session>) -> Culprit {
    guard sessions.contains(session) else { return Culprit() }
    let connection = presence[session]
    guard !connection.isNull else { return Culprit(session: session) }
    return Culprit(
      session: session, connection: connection, peer: presence.peer(of: connection))
  }

  @inline(never)
  private mutating func tell(
    _ event: Event, of culprit: Culprit, _ name: Span<UInt8>, _ words: StaticString,
    _ level: LogLevel? = nil
  ) {
    guard log.allows(event, of: culprit.peer) else { return }
    if event == .clientNotAuthorized { tellAsBefore() }
    var line = Line()
    describe(event, culprit, name, in: &line)
    if words.utf8CodeUnitCount > 0 {
      line.append(": ")
      line.append(words)
    }
    line.append(".")
    log.append(line, level ?? event.level)
  }

  /// What Mosquitto 2.0 says of who is not authorised: filters of its log look for that line right behind
  /// the one that has the address.
  private mutating func tellAsBefore() {
    var line = Line()
    line.append("Client <unknown> disconnected, not authorised.")
    log.append(line, Event.clientNotAuthorized.level)
  }

  /// Appends the sentence about an event, with what is put in for the words in braces.
  private func describe(
    _ event: Event, _ culprit: Culprit, _ name: Span<UInt8>, in line: inout Line
  ) {
    let sentence = event.sentence
    var index = 0
    while index < sentence.utf8CodeUnitCount {
      let byte = unsafe sentence.utf8Start[index]
      index += 1
      guard byte == UInt8(ascii: "{") else {
        line.append(byte: byte)
        continue
      }
      append(unsafe sentence.utf8Start[index], of: culprit, name, to: &line)
      while unsafe sentence.utf8Start[index - 1] != UInt8(ascii: "}") { index += 1 }
    }
  }

  /// Appends what a word in braces stands for, which its first letter tells.
  private func append(
    _ letter: UInt8, of culprit: Culprit, _ name: Span<UInt8>, to line: inout Line
  ) {
    switch letter {
    case UInt8(ascii: "a"): line.append(culprit.peer)
    case UInt8(ascii: "h"): line.append(addressOf: culprit.peer)
    case UInt8(ascii: "p"): line.append(UInt64(listenerPolicy(of: culprit.connection).port))
    case UInt8(ascii: "m"): appendManner(of: culprit, to: &line)
    default: append(name, of: culprit.session, to: &line)
    }
  }

  private func append(_ name: Span<UInt8>, of session: Handle<Session>, to line: inout Line) {
    if !name.isEmpty { return line.append(foreign: name.extracting(first: Broker.shownBytes)) }
    guard sessions.contains(session) else { return line.append("<unknown>") }
    append(sessions[session].clientIdentifier, to: &line)
  }

  /// Appends the beginning of a text that a Client has chosen.
  private func append(_ text: Chain, to line: inout Line) {
    // Pieced together first: a character may lie in two blocks.
    var bytes = InlineArray<128, UInt8>(repeating: 0)
    var count = 0
    texts.forEachPiece(of: text, atMost: Broker.shownBytes / 32) { piece in
      for index in piece.indices where count < bytes.count {
        bytes[count] = piece[index]
        count += 1
      }
      return true
    }
    line.append(foreign: bytes.span.extracting(0..<count))
  }

  /// How much is shown of what a Client calls itself.
  private static var shownBytes: Int { 128 }

  /// Appends how a Client has connected: `(p5, c1, k60, u'USER')`.
  private func appendManner(of culprit: Culprit, to line: inout Line) {
    line.append("(p")
    line.append(UInt64(connections[culprit.connection].version.rawValue))
    line.append(", c")
    line.append(sessions[culprit.session].expiryInterval == 0 ? UInt64(1) : 0)
    line.append(", k")
    line.append(UInt64(connections[culprit.connection].keepAlive))
    if identities[culprit.session.index].hasUserName {
      line.append(", u'")
      append(identities[culprit.session.index].userName, to: &line)
      line.append("'")
    }
    line.append(")")
  }
}
