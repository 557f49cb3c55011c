import ArgumentParser
import CBench
import Glibc

typealias Bytes = UnsafeMutablePointer<UInt8>

/// Why a run could not be made or did not end well.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// A system call that failed, with the system's own words.
  static func call(_ name: String) -> Failure {
    Failure("\(name): \(String(cString: strerror(bench_errno())))")
  }
}

/// Nanoseconds of the clock that is never set.
func monotonicNow() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

/// Nanoseconds this program has had of a core.
func ownTime() -> UInt64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

@inline(__always)
private func nanoseconds(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// Lets this program and those it starts have as many descriptors as they may.
func raiseDescriptorLimit() {
  var limit = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
  limit.rlim_cur = limit.rlim_max
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
}

/// What the bytes of a connection go through.
enum Transport: String, CaseIterable, ExpressibleByArgument {
  case plain
  case tls
  case webSocket = "websocket"
  case secureWebSocket = "tls-websocket"

  var hasTLS: Bool { self == .tls || self == .secureWebSocket }
  var hasWebSocket: Bool { self == .webSocket || self == .secureWebSocket }
}

/// Where a broker listens.
struct Endpoint {
  private var address = sockaddr_in()
  /// What the bytes go through.
  var transport = Transport.plain
  /// Whether a connection by TLS goes on with the session of the one before.
  var resumes = false

  init(host: String, port: UInt16) throws {
    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else {
      throw Failure("there is no host \(host)")
    }
    defer { freeaddrinfo(found) }
    first.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
      address = $0.pointee
    }
  }

  /// A connected stream that waits in its calls, for at most ten seconds each.
  func connect() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure.call("socket") }
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    disableDelay(descriptor)
    guard connect(descriptor) == 0 else {
      let failure = Failure.call("connect")
      close(descriptor)
      throw failure
    }
    guard bench_open(descriptor, transport.hasTLS, transport.hasWebSocket, resumes) == 0 else {
      bench_close(descriptor)
      throw Failure("the handshake of \(transport.rawValue) failed")
    }
    return descriptor
  }

  /// A stream that is being connected.
  func startConnecting() throws -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_INET, type, 0)
    guard descriptor >= 0 else { throw Failure.call("socket") }
    disableDelay(descriptor)
    guard connect(descriptor) == 0 || bench_errno() == EINPROGRESS else {
      let failure = Failure.call("connect")
      close(descriptor)
      throw failure
    }
    return descriptor
  }

  /// A listening socket here.
  func listen() throws -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_INET, type, 0)
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
    let isBound = withAddress { bind(descriptor, $0, $1) == 0 }
    guard isBound, Glibc.listen(descriptor, 4096) == 0 else { throw Failure.call("listen") }
    return descriptor
  }

  /// A port nobody listens on now.
  static func freePort() throws -> UInt16 {
    let descriptor = try Endpoint(host: "127.0.0.1", port: 0).listen()
    defer { close(descriptor) }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let error = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &size)
      }
    }
    guard error == 0 else { throw Failure.call("getsockname") }
    return UInt16(bigEndian: address.sin_port)
  }

  private func connect(_ descriptor: Int32) -> Int32 {
    withAddress { Glibc.connect(descriptor, $0, $1) }
  }

  private func withAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

func disableDelay(_ descriptor: Int32) {
  var yes: Int32 = 1
  setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
}

func stopBlocking(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// Closes without leaving the port waiting.
func closeAtOnce(_ descriptor: Int32) {
  var linger = linger(l_onoff: 1, l_linger: 0)
  let size = socklen_t(MemoryLayout.size(ofValue: linger))
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
  close(descriptor)
}

/// Sends all of it on a stream that waits.
func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) throws {
  var sent = 0
  while sent < bytes.count {
    let count = bytes.withUnsafeBytes { buffer in
      var vector = iovec(
        iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress)?.advanced(by: sent),
        iov_len: bytes.count - sent)
      return bench_writev(descriptor, &vector, 1)
    }
    guard count > 0 else { throw Failure.call("send") }
    sent += count
  }
}

/// Receives exactly that many bytes on a stream that waits.
func receiveExactly(_ descriptor: Int32, _ count: Int) throws -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  var received = 0
  while received < count {
    let step = bytes.withUnsafeMutableBytes {
      bench_read(descriptor, $0.baseAddress.map { $0 + received }, count - received)
    }
    guard step != 0 else { throw Failure("the broker closed the connection") }
    guard step > 0 else { throw Failure.call("receive") }
    received += step
  }
  return bytes
}
