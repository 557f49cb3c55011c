import Memory

/// What is paid for what a client sends by WebSocket, in units of work: about a step of a walk each.
///
/// What was read cannot be left for a later turn, so whoever reads bounds the bytes: a frame has six of
/// them at least.
enum WebSocketPrice {
  /// A frame, however little is in it.
  static var frame: Int { 4 }
  /// A control frame besides: it is put together, and answered.
  static var control: Int { 16 }
  /// A request that is whole, besides its bytes: the key is digested, an answer written.
  static var request: Int { 128 }

  /// Bytes that are unmasked, thirty-two at a time.
  static func unmasking(_ count: Int) -> Int { count >> 6 }
  /// Bytes that are looked at one by one.
  static func scanning(_ count: Int) -> Int { count >> 3 }
  /// Bytes of a request in which words are looked for.
  static func parsing(_ count: Int) -> Int { count >> 1 }
}
