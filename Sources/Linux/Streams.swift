import Board
import Broker
import CLinux
import Memory
import Server

/// The connections' streams of bytes, plain or with TLS between: each belongs to a place, and waits.
struct Streams: ~Copyable {
  private let anchor = Anchor()
  /// The socket of each place, one more than its descriptor; zero where there is none.
  private var sockets: SlotTable<Int32>
  private var interests: SlotTable<Interest>
  /// Places that are ready although their sockets may not be.
  private var repeats: Ring<UInt32>
  /// How many of them the turn that has begun finds.
  private var repeating = 0
  /// Whether the network took less than it was given last.
  private(set) var isFull = false
  private(set) var tls: TLSStreams
  private(set) var waiting: Waiting
  private var lingering: Lingering
  private let places: Int

  /// - Parameter places: how many connections there may be.
  init(places: Int, limits: Limits, hash: SeededHash, in region: inout Region) {
    sockets = SlotTable("sockets", count: places, in: &region)
    interests = SlotTable("socket interests", count: places, in: &region)
    repeats = Ring("sockets to repeat", capacity: places, in: &region)
    tls = TLSStreams(places: places, limits: limits, hash: hash, in: &region)
    waiting = Waiting(
      places: places, more: Lingering.capacity(places: places), listeners: 2 * limits.listeners,
      in: &region)
    lingering = Lingering(places: places, in: &region)
    self.places = places
  }

  /// Opens what is needed to wait; a negative errno when the system refuses.
  mutating func start(signals: Int32) -> Int32 { waiting.start(signals: signals) }

  /// Waits for connections on a listening socket too.
  mutating func add(listener: Int32) { waiting.add(listener: listener) }

  mutating func setListenerIdle(_ number: Int) { waiting.setListenerIdle(number) }

  /// Takes over what each listener shows to those who come by TLS.
  mutating func adopt(_ configurations: TLSConfigurations, connectSeconds: Int) {
    tls.adopt(configurations, connectSeconds: connectSeconds)
  }

  /// Waits until something is ready, or so many milliseconds at most; nil for as long as it takes.
  mutating func wait(milliseconds: UInt64?, listens: Bool) {
    var limit = repeats.isEmpty && !tls.hasSteps ? milliseconds : 0
    if tls.isCrowded { limit = min(limit ?? .max, UInt64(TLSHandshakes.lookInterval)) }
    if let next = lingering.expire(&waiting, behind: places) { limit = min(limit ?? .max, next) }
    waiting.wait(milliseconds: limit, listens: listens)
    while let place = tls.nextStalled() { findReadyAgain(place: place) }
    repeating = repeats.count
    tls.beginTurn()
  }

  /// Finds who has become ready since the last wait, without waiting. Who is ready again whatever its
  /// socket says is found by the next wait: what it is owed leaves before.
  mutating func look() {
    waiting.look()
    tls.look()
  }

  /// The next connection that is ready; of those that shake hands, the one whose step it is.
  mutating func nextReady() -> Readiness? {
    while repeating > 0, let place = repeats.removeFirst() {
      repeating -= 1
      guard interests[Int(place)].contains(.isRepeated) else { continue }
      interests[Int(place)].set(.isRepeated, false)
      guard interests[Int(place)].contains(.read) else { continue }
      return Readiness(place: Int(place), isReadable: true, isWritable: false)
    }
    while let ready = waiting.nextReady() {
      guard ready.place < places else {
        lingering.drop(ready.place - places, &waiting, behind: places)
        continue
      }
      let found = interests[ready.place].contains(.ownWrite) ? goOn(ready) : ready
      // Who waits for a place is not looked at: what is told all the same is its end.
      guard tls.shakesHands(place: found.place) else { return found }
      tls.callUp(place: found.place)
    }
    guard let place = tls.nextStep(), interests[place].contains(.read) else { return nil }
    return Readiness(place: place, isReadable: true, isWritable: false)
  }

  /// Whoever waits below the Server until it may write goes on when it is asked to read.
  private mutating func goOn(_ ready: Readiness) -> Readiness {
    guard ready.isWritable else { return ready }
    wantWrite(place: ready.place, false)
    let interest = interests[ready.place]
    return Readiness(place: ready.place, isReadable: interest.contains(.read), isWritable: true)
  }

  /// Finds the place readable in the next turn, whatever its socket says.
  mutating func findReadyAgain(place: Int) {
    guard !interests[place].contains(.isRepeated) else { return }
    let isQueued = repeats.append(UInt32(place))
    precondition(isQueued)  // each place stands there once
    interests[place].set(.isRepeated, true)
  }

  /// Gives a new connection its place.
  ///
  /// - Parameter owner: the number that its peer's address is known by.
  mutating func open(_ socket: Int32, listener: Int, place: Int, owner: UInt64) {
    // What an earlier connection of this place left in the row is this one's now: once is enough.
    interests[place].keep(.isRepeated)
    interests[place].set(.read, true)
    sockets[place] = socket + 1
    tls.begin(place: place, listener: listener, owner: owner)
    waiting.add(socket, place: place)
  }

  /// Reads what is there, as far as it fits and work goes.
  mutating func receive(
    place: Int, into bytes: inout MutableSpan<UInt8>, atMost most: Int = .max, _ work: inout Work
  ) -> Received {
    guard tls.isUsed(place: place) else {
      return Received(receiveFromSocket(place: place, into: &bytes, atMost: most))
    }
    switch tls.receive(
      place: place, socket: sockets[place] - 1, into: &bytes, atMost: most, &work)
    {
    case .received(let received):
      if tls.hasReceived(place: place) { findReadyAgain(place: place) }
      if case .opened = received { admitNext() }
      return received
    case .wantsTurn: tls.callUp(place: place)
    case .wantsWrite: wantWrite(place: place, true)
    case .wantsPlace: rest(place: place)
    case .nothing: break
    }
    return .nothing
  }

  private mutating func receiveFromSocket(
    place: Int, into bytes: inout MutableSpan<UInt8>, atMost most: Int
  ) -> Int64 {
    if interests[place].contains(.whole) { setThreshold(1, place: place) }
    return unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Int64(0) }
      return unsafe linux_receive(sockets[place] - 1, base, UInt64(min(buffer.count, most)))
    }
  }

  /// Puts the next bytes in place if all of them are there, and leaves them where they are.
  mutating func peek(place: Int, into bytes: inout MutableSpan<UInt8>) -> Peeked {
    guard !tls.isUsed(place: place) else { return .hidden }
    let wanted = bytes.count
    let count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Int64(0) }
      return unsafe linux_peek(sockets[place] - 1, base, UInt64(wanted))
    }
    guard count < wanted else { return .whole }
    setThreshold(wanted, place: place)
    interests[place].set(.read, true)
    apply(place)
    return .notYet
  }

  /// Finds the socket ready once so many bytes are there.
  private mutating func setThreshold(_ count: Int, place: Int) {
    linux_set_receive_threshold(sockets[place] - 1, UInt64(count))
    interests[place].set(.whole, count > 1)
  }

  /// Forgets so many bytes that are there.
  mutating func skip(_ count: Int, place: Int) {
    linux_skip(sockets[place] - 1, UInt64(count))
    if interests[place].contains(.whole) { setThreshold(1, place: place) }
  }

  /// Sends pieces in order, as far as the network takes them and work goes: how many bytes, or a
  /// negative errno.
  mutating func send(_ pieces: Span<linux_piece>, place: Int, _ work: inout Work) -> Int64 {
    let isEncrypted = tls.isUsed(place: place)
    let sent = unsafe pieces.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Int64(0) }
      return isEncrypted
        ? unsafe tls.send(base, count: buffer.count, place: place, &work)
        : unsafe linux_send(sockets[place] - 1, base, UInt32(buffer.count))
    }
    isFull = unsafe isEncrypted ? tls.isFull(place: place) : sent < byteCount(of: pieces)
    return sent
  }

  private func byteCount(of pieces: Span<linux_piece>) -> Int64 {
    var count: UInt64 = 0
    for index in unsafe pieces.indices { count &+= unsafe pieces[index].count }
    return Int64(count)
  }

  /// Whether the bytes that were to be sent last have been taken over, and wait for the network: they
  /// leave before any others.
  func holds(place: Int) -> Bool { tls.isUsed(place: place) && tls.isFull(place: place) }

  /// Says for what the Server wants the connection to be found ready.
  mutating func watch(place: Int, readable: Bool, writable: Bool) {
    if readable && !interests[place].contains(.read) && tls.hasReceived(place: place) {
      findReadyAgain(place: place)
    }
    interests[place].set(.read, readable)
    interests[place].set(.write, writable)
    apply(place)
  }

  /// Says whether those below the Server wait until they may write.
  mutating func wantWrite(place: Int, _ wants: Bool) {
    guard interests[place].contains(.ownWrite) != wants else { return }
    interests[place].set(.ownWrite, wants)
    apply(place)
  }

  /// Until somebody else's handshake is over the connection is not even looked at.
  private mutating func rest(place: Int) {
    interests[place].set(.isResting, true)
    apply(place)
  }

  /// Lets handshakes begin that have waited until there was a place.
  private mutating func admitNext() {
    while let place = tls.nextAdmitted() {
      interests[place].set(.isResting, false)
      apply(place)
      tls.callUp(place: place)
    }
  }

  private mutating func apply(_ place: Int) {
    let interest = interests[place]
    waiting.watch(
      sockets[place] - 1, place: place,
      readable: interest.contains(.read) && !interest.contains(.isResting),
      writable: interest.contains(.write) || interest.contains(.ownWrite))
  }

  /// Closes the connection for good.
  ///
  /// What the peer has sent and nobody will read is forgotten first: closing over it would take the
  /// last answer back.
  ///
  /// - Parameter lingers: whether that goes on for a while, since the peer was told something.
  mutating func close(place: Int, lingers: Bool) {
    let socket = sockets[place] - 1
    if tls.close(place: place) { admitNext() }
    let isOpen = linux_shutdown_write(socket) == 0
    let dropped = linux_discard_input(socket)
    waiting.remove(socket, place: place)
    if lingers && isOpen && (dropped > 0 || dropped == -Int64(LINUX_ERROR_AGAIN)) {
      lingering.take(socket, &waiting, behind: places)
    } else {
      linux_close(socket)
    }
    sockets[place] = 0
    interests[place].keep(.isRepeated)
  }

  /// Who a connection's peer has proved to be, as its listener wants it written; nil for nobody.
  mutating func identity(place: Int, into out: inout MutableSpan<UInt8>) -> Int {
    tls.identity(place: place, into: &out)
  }
}

/// For what a connection waits.
struct Interest: BitwiseCopyable {
  var rawValue: UInt8

  static var read: Interest { Interest(rawValue: 1) }
  static var write: Interest { Interest(rawValue: 2) }
  /// Somebody below the Server waits until it may write.
  static var ownWrite: Interest { Interest(rawValue: 4) }
  /// It stands in the row of those that are ready again.
  static var isRepeated: Interest { Interest(rawValue: 8) }
  /// It waits for its handshake to begin.
  static var isResting: Interest { Interest(rawValue: 16) }

  /// It is ready only once all is there that a packet lacks.
  static var whole: Interest { Interest(rawValue: 32) }

  /// Forgets all but one.
  mutating func keep(_ one: Interest) { rawValue &= one.rawValue }

  func contains(_ one: Interest) -> Bool { rawValue & one.rawValue != 0 }

  mutating func set(_ one: Interest, _ isSet: Bool) {
    rawValue = isSet ? rawValue | one.rawValue : rawValue & ~one.rawValue
  }
}

extension Received {
  /// What a receive from a socket, or of a session, means.
  init(_ count: Int64) {
    if count > 0 {
      self = .bytes(Int(count))
    } else if count == 0 {
      self = .ended
    } else {
      self = count == -Int64(LINUX_ERROR_AGAIN) ? .nothing : .failed
    }
  }
}
