import CBench
import Glibc

/// The least a broker can do: it answers CONNECT and SUBSCRIBE, finds out once who hears a
/// publisher, and from then on copies bytes without looking at them.
///
/// Whatever has to read packets is slower than this on the same machine.
final class Relay {
  private let listener: Int32
  private let epoll = epoll_create1(0)
  private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 512)
  private let buffer = Bytes.allocate(capacity: Relay.bufferCapacity)
  private var peers: [Int32: Peer] = [:]
  private var subscribers: [Peer] = []
  private var gathering: [Peer] = []
  private static let bufferCapacity = 262_144

  /// One connection.
  final class Peer {
    let descriptor: Int32
    var filter: [UInt8] = []
    /// Who gets this publisher's bytes; empty until its first message.
    var targets: [Peer] = []
    /// Publishers whose bytes come here.
    var sources = 0
    /// Bytes to send, and what of them is sent.
    var outgoing: [UInt8] = []
    var sent = 0
    var waitsForRoom = false
    var isGathering = false
    var version: Packets.Version = 4

    init(_ descriptor: Int32) { self.descriptor = descriptor }
  }

  init(port: UInt16) throws {
    listener = try Endpoint(host: "127.0.0.1", port: port).listen()
    _ = bench_epoll(epoll, EPOLL_CTL_ADD, listener, EPOLLIN.rawValue, UInt32(listener))
  }

  func run() -> Never {
    while true {
      let count = epoll_wait(epoll, events, 512, -1)
      for index in 0..<max(0, Int(count)) {
        let descriptor = Int32(events[index].data.u32)
        if descriptor == listener {
          accept()
        } else if let peer = peers[descriptor] {
          serve(peer, events[index].events)
        }
      }
      for peer in gathering {
        peer.isGathering = false
        flush(peer)
      }
      gathering.removeAll(keepingCapacity: true)
    }
  }

  private func accept() {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      guard descriptor >= 0 else { return }
      stopBlocking(descriptor)
      disableDelay(descriptor)
      peers[descriptor] = Peer(descriptor)
      _ = bench_epoll(epoll, EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, UInt32(descriptor))
    }
  }

  private func serve(_ peer: Peer, _ ready: UInt32) {
    if ready & EPOLLOUT.rawValue != 0 { flush(peer) }
    guard ready & ~EPOLLOUT.rawValue != 0 else { return }
    let count = read(peer.descriptor, buffer, Relay.bufferCapacity)
    guard count > 0 else {
      if count == 0 || bench_errno() != EAGAIN { drop(peer) }
      return
    }
    if peer.targets.isEmpty { introduce(peer, count) } else { forward(from: peer, count) }
  }

  private func forward(from peer: Peer, _ count: Int) {
    for target in peer.targets {
      if target.sources > 1 || !target.outgoing.isEmpty {
        target.outgoing.append(contentsOf: UnsafeBufferPointer(start: buffer, count: count))
        guard !target.isGathering else { continue }
        target.isGathering = true
        gathering.append(target)
      } else {
        let written = max(0, write(target.descriptor, buffer, count))
        guard written < count else { continue }
        target.outgoing.append(
          contentsOf: UnsafeBufferPointer(start: buffer + written, count: count - written))
        watch(target, forRoom: true)
      }
    }
  }

  private func flush(_ peer: Peer) {
    let left = peer.outgoing.count - peer.sent
    guard left > 0 else { return watch(peer, forRoom: false) }
    let written = peer.outgoing.withUnsafeBytes {
      write(peer.descriptor, $0.baseAddress.map { $0 + peer.sent }, left)
    }
    peer.sent += max(0, written)
    if peer.sent == peer.outgoing.count {
      peer.outgoing.removeAll(keepingCapacity: true)
      peer.sent = 0
    }
    watch(peer, forRoom: !peer.outgoing.isEmpty)
  }

  private func watch(_ peer: Peer, forRoom: Bool) {
    guard peer.waitsForRoom != forRoom else { return }
    peer.waitsForRoom = forRoom
    let interest = EPOLLIN.rawValue | (forRoom ? EPOLLOUT.rawValue : 0)
    _ = bench_epoll(
      epoll, EPOLL_CTL_MOD, peer.descriptor, interest, UInt32(peer.descriptor))
  }

  private func drop(_ peer: Peer) {
    peers[peer.descriptor] = nil
    subscribers.removeAll { $0 === peer }
    for other in peers.values { other.targets.removeAll { $0 === peer } }
    close(peer.descriptor)
  }

  // MARK: Before the bytes flow

  /// Answers the packets of a Client that has not published yet; the load sends them whole.
  private func introduce(_ peer: Peer, _ count: Int) {
    let header = buffer[0]
    switch header >> 4 {
    case 1:
      peer.version = buffer[8]
      answer(peer, Packets.packet(0x20, peer.version == 5 ? [0, 0, 0] : [0, 0]))
    case 8:
      let start = peer.version == 5 ? 5 : 4
      let length = Int(buffer[start]) << 8 | Int(buffer[start + 1])
      peer.filter = (0..<length).map { buffer[start + 2 + $0] }
      subscribers.append(peer)
      answer(peer, Packets.packet(0x90, peer.version == 5 ? [0, 1, 0, 0] : [0, 1, 0]))
    case 3:
      findTargets(of: peer)
      if !peer.targets.isEmpty { forward(from: peer, count) }
    case 0xc: answer(peer, [0xd0, 0])
    default: drop(peer)
    }
  }

  private func answer(_ peer: Peer, _ bytes: [UInt8]) {
    peer.outgoing += bytes
    flush(peer)
  }

  private func findTargets(of peer: Peer) {
    var start = 1
    while buffer[start] > 127 { start += 1 }
    let length = Int(buffer[start + 1]) << 8 | Int(buffer[start + 2])
    let topic = (0..<length).map { buffer[start + 3 + $0] }
    peer.targets = subscribers.filter { subscriber in
      let last = subscriber.filter.last
      guard last == UInt8(ascii: "+") || last == UInt8(ascii: "#") else {
        return subscriber.filter == topic
      }
      return topic.starts(with: subscriber.filter.dropLast())
    }
    for target in peer.targets { target.sources += 1 }
  }
}
