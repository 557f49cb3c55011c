import CBench
import Glibc
import Histogram

/// Clients that publish and subscribe in one thread: waits once for all of them, reads in large
/// pieces, checks each message where it lies, and writes what that set free in one call each.
final class Load {
  let plan: LoadPlan
  let clients: UnsafeMutablePointer<Client>
  private(set) var clientCount = 0
  var tally = Tally()
  var latency = Histogram<UInt64>(
    highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
  /// A message is timed when the low bits of its sequence are all zero.
  var timedMask: UInt64
  var isPublishing = true
  /// Messages come in any order and from nobody here: retained ones.
  var takesAnySequence = false
  /// What went wrong for good.
  var failure: String?

  private let epoll: Int32
  private let events: UnsafeMutablePointer<epoll_event>
  private static let eventCapacity: Int32 = 512
  let buffer: Bytes
  let bufferCapacity: Int
  let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: 4)
  var dirty: [Int] = []
  var now = monotonicNow()
  var schedule: Schedule?
  /// Asks again at once instead of sleeping: the broker then never pays for waking this program.
  var spins = false
  /// Nanoseconds of asking in vain.
  private(set) var spun: UInt64 = 0

  init(_ plan: LoadPlan) {
    self.plan = plan
    clients = .allocate(capacity: plan.publishers + plan.subscribers + 1)
    epoll = epoll_create1(0)
    events = .allocate(capacity: Int(Load.eventCapacity))
    bufferCapacity = max(262_144, 2 * (plan.size + 4096))
    // A length that lies reaches no further than this beyond the end.
    buffer = .allocate(capacity: bufferCapacity + 131_072)
    timedMask = plan.rate == nil && plan.window > 1 ? 15 : 0
  }

  deinit {
    for index in 0..<clientCount where clients[index].descriptor >= 0 {
      bench_close(clients[index].descriptor)
    }
    close(epoll)
  }

  func publisher(_ index: Int) -> UnsafeMutablePointer<Client> { clients + index }

  /// Adds a connection whose handshake is done; publishers come first.
  @discardableResult
  func add(_ descriptor: Int32) -> UnsafeMutablePointer<Client> {
    stopBlocking(descriptor)
    let client = clients + clientCount
    client.initialize(
      to: Client(index: clientCount, descriptor: descriptor, restCapacity: bufferCapacity / 2))
    clientCount += 1
    _ = bench_epoll(
      epoll, EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, UInt32(client.pointee.index))
    return client
  }

  /// Connects everybody the plan names.
  func connect(_ handshake: Handshake, tag: String) throws {
    for index in 0..<plan.publishers {
      addPublisher(index, try handshake.connect(identifier: "\(tag)-p\(index)"))
    }
    for index in 0..<plan.subscribers {
      let descriptor = try handshake.connect(identifier: "\(tag)-s\(index)")
      try handshake.subscribe(descriptor, to: plan.filter(index), qos: plan.qos)
      addSubscriber(index, descriptor)
    }
  }

  func addPublisher(_ index: Int, _ descriptor: Int32) {
    let client = add(descriptor)
    client.pointee.outbox = Outbox(
      publisher: index, topic: plan.topic(index), size: plan.size, qos: plan.qos,
      version: plan.version, window: plan.window,
      owedPerMessage: plan.receiversPerMessage + (plan.qos > 0 ? 1 : 0))
    mark(client)
  }

  func addSubscriber(_ index: Int, _ descriptor: Int32) {
    let heard = plan.heard(index)
    add(descriptor).pointee.streams = Streams(first: heard.lowerBound, count: heard.count)
  }

  /// One wait, and everything it brought.
  func turn(timeoutMilliseconds: Int32) {
    let count = epoll_wait(epoll, events, Load.eventCapacity, timeoutMilliseconds)
    for index in 0..<max(0, Int(count)) {
      let client = clients + Int(events[index].data.u32)
      if events[index].events & EPOLLOUT.rawValue != 0 { mark(client) }
      guard events[index].events & ~EPOLLOUT.rawValue != 0 else { continue }
      repeat { receive(client) } while bench_has_more(client.pointee.descriptor) && failure == nil
    }
    let before = now
    now = monotonicNow()
    // A longer step was another program's.
    if count == 0, timeoutMilliseconds == 0 { spun &+= min(now &- before, 10_000) }
    if isPublishing, schedule != nil { publishWhatIsDue() }
    sendDirty()
  }

  /// Turns until it is time or the condition holds.
  ///
  /// Returns whether the condition held.
  @discardableResult
  func run(until deadline: UInt64, orWhen isDone: () -> Bool = { false }) -> Bool {
    now = monotonicNow()
    var lastDelivered = tally.delivered + tally.acknowledged
    var lastProgress = now
    while failure == nil {
      if isDone() { return true }
      if now >= deadline { return false }
      turn(timeoutMilliseconds: spins || schedule != nil ? 0 : 20)
      let delivered = tally.delivered + tally.acknowledged
      if delivered != lastDelivered {
        lastDelivered = delivered
        lastProgress = now
      } else if now > lastProgress + 5_000_000_000, underWay > 0 {
        failure = "nothing came for 5 seconds with \(underWay) messages under way"
      }
    }
    return false
  }

  /// Messages sent and not yet done with.
  var underWay: UInt64 {
    (0..<plan.publishers).reduce(0) { $0 + (clients[$1].outbox?.underWay ?? 0) }
  }

  /// Messages sent.
  var published: UInt64 {
    (0..<plan.publishers).reduce(0) { $0 + (clients[$1].outbox?.next ?? 0) }
  }

  @inline(__always)
  func mark(_ client: UnsafeMutablePointer<Client>) {
    guard !client.pointee.isDirty else { return }
    client.pointee.isDirty = true
    dirty.append(client.pointee.index)
  }

  func watch(_ client: UnsafeMutablePointer<Client>, forRoom: Bool) {
    guard client.pointee.waitsForRoom != forRoom else { return }
    client.pointee.waitsForRoom = forRoom
    let interest = EPOLLIN.rawValue | (forRoom ? EPOLLOUT.rawValue : 0)
    _ = bench_epoll(
      epoll, EPOLL_CTL_MOD, client.pointee.descriptor, interest, UInt32(client.pointee.index))
  }

  /// A connection that is no more, by the broker's doing.
  func lose(_ client: UnsafeMutablePointer<Client>, _ reason: String) {
    let index = client.pointee.index
    let who =
      index < plan.publishers ? "publisher \(index)" : "subscriber \(index - plan.publishers)"
    failure = "\(who): \(reason), after \(tally.delivered) messages delivered"
  }
}

/// What was counted.
struct Tally {
  var delivered: UInt64 = 0
  /// Of publishers' messages, by PUBACK or PUBCOMP.
  var acknowledged: UInt64 = 0
  var lost: UInt64 = 0
  var duplicated: UInt64 = 0
  var outOfOrder: UInt64 = 0
  /// Messages that are not what was sent, or not for whom they came to.
  var wrong: UInt64 = 0
  /// Acknowledgements that say no.
  var refused: UInt64 = 0
}
