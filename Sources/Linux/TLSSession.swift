import CLinux
import Memory
import Server

/// One connection's TLS, from its first byte to its close; held by the library's pool.
@safe struct TLSSession: BitwiseCopyable {
  private let pointer: OpaquePointer

  /// Begins a session; nil when the library has no memory for it.
  init?(_ configuration: TLSConfiguration, socket: Int32) {
    guard let made = unsafe linux_tls_session_open(configuration.pointer, socket) else {
      return nil
    }
    unsafe pointer = made
  }

  /// Goes on with the handshake; one of `LINUX_TLS_DONE` and so on, or a refusal.
  func handshake(_ work: inout Work) -> Int32 {
    var left = Int64(work.left)
    let result = unsafe linux_tls_handshake(pointer, &left)
    work.pay(work.left - Int(left))
    return result
  }

  /// Whether bytes were received of which the socket tells nothing any more.
  var hasReceived: Bool { unsafe linux_tls_has_received(pointer) }

  /// Whether a record waits for the socket whose bytes were not told as sent.
  var holds: Bool { unsafe linux_tls_holds(pointer) }

  /// Receives what is there, as far as it fits and work goes.
  func receive(
    into bytes: inout MutableSpan<UInt8>, atMost most: Int, _ work: inout Work
  ) -> Received {
    var left = Int64(work.left)
    let count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Int64(0) }
      return unsafe linux_tls_receive(pointer, base, UInt64(min(buffer.count, most)), &left)
    }
    work.pay(work.left - Int(left))
    switch count {
    case Int64(LINUX_TLS_ENDLESS), Int64(LINUX_TLS_AGAIN):
      return .refused(TLSRefusal.words(of: Int32(count)))
    default: return Received(count)
    }
  }

  /// Sends pieces in order: how many bytes were taken, or a negative number when it is broken.
  func send(
    _ pieces: UnsafePointer<linux_piece>, count: Int, _ work: inout Work
  ) -> Int64 {
    var left = Int64(work.left)
    let sent = unsafe linux_tls_send(pointer, pieces, UInt32(count), &left)
    work.pay(work.left - Int(left))
    return sent
  }

  /// Writes who the peer has proved to be, and returns the length; zero for nobody.
  func identity(into out: inout MutableSpan<UInt8>) -> Int {
    unsafe out.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe Int(linux_tls_identity(pointer, base, UInt32(buffer.count)))
    }
  }

  /// Says goodbye, if that can be done at once, and gives its memory back.
  func close() { unsafe linux_tls_session_close(pointer) }
}

/// What one listener shows by TLS, and asks for; held by the library's pool.
@safe struct TLSConfiguration: BitwiseCopyable {
  let pointer: OpaquePointer

  /// Begins an empty one; nil when the library has no memory for it.
  init?() {
    guard let made = unsafe linux_tls_configuration_make() else { return nil }
    unsafe pointer = made
  }

  /// Whether it knows anybody whose certificates it would take.
  var hasAuthority: Bool { unsafe linux_tls_has_authority(pointer) }

  /// Holds it once more.
  func hold() { unsafe linux_tls_configuration_hold(pointer) }

  /// Gives it up; sessions that go on keep it.
  func release() { unsafe linux_tls_configuration_release(pointer) }
}
