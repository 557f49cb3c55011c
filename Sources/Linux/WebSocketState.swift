import Memory
import WebSocket

/// What a connection that is more than a bare stream of MQTT needs to be remembered.
struct WebSocketState: BitwiseCopyable {
  enum Phase: UInt8, BitwiseCopyable {
    /// A proxy says whom it speaks for.
    case proxyHeader
    /// What of that is of no interest here is passed over.
    case proxyRest
    /// The HTTP request has not ended yet.
    case request
    /// Frames go both ways.
    case open
    /// It said its last word behind packets that are answered first; ours waits for the next turn.
    case parting
    /// Its last answer has still to leave; what it sends is not looked at any more.
    case closing
    /// The Server has only to be told.
    case ended
  }

  /// Why it ended.
  enum Ending: BitwiseCopyable {
    case closed
    case broken
    case refused(RequestRefusal)
    case violated(CloseCode)
    /// There is no slot for a control frame of it, or not for one of its address.
    case lacksControl(Claim)
    case violatedProxy
  }

  /// The number that the client's address is known by; zero while it is a proxy's to tell.
  var owner: UInt64
  var phase: Phase
  let listener: UInt8
  /// Units of work that were done for it and not paid yet.
  var debt: UInt16 = 0
  /// What the last word is to say; zero for nothing.
  var closeCode: UInt16 = 0
  /// How often it has sent something although the last word waits to leave.
  var deafReads: UInt8 = 0
  /// Our frame that is leaving.
  var frame = FrameProgress()
  /// Bytes of the PROXY header that have still to come.
  var proxyRest: UInt32 = 0
  var proxyExtensions: ProxyExtensions?
  var ending = Ending.closed
  var scanner = RequestScanner()
  var decoder = FrameDecoder()
  /// The PROXY header or the request as far as it has come.
  var handshake: Handle<ByteSlots.Slot> = .null
  /// A ping or close as far as it has come.
  var incoming: Handle<ByteSlots.Slot> = .null
  /// Answers that the network did not take yet.
  var outgoing: Handle<ByteSlots.Slot> = .null

  init(phase: Phase, listener: Int, owner: UInt64) {
    self.owner = owner
    self.phase = phase
    self.listener = UInt8(truncatingIfNeeded: listener)
  }
}

/// What the connections of one listener begin with.
struct Framing: BitwiseCopyable {
  var isWebSocket = false
  /// The version of the PROXY header; 0 for none.
  var proxyVersion: UInt8 = 0
  /// Which of the origins a browser may come from; none: any.
  var firstOrigin: UInt8 = 0
  var originCount: UInt8 = 0

  var isPlain: Bool { !isWebSocket && proxyVersion == 0 }
}
