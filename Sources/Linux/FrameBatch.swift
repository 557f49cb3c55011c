import CLinux
import MQTT
import Memory

/// Where in a chain the packets stand that leave next.
struct PacketCursor: BitwiseCopyable {
  private var cursor: ChainCursor
  /// How many bytes of the chain follow.
  private(set) var rest: Int

  init(_ chain: Chain, of chains: borrowing ByteChains, behind count: Int) {
    cursor = ChainCursor(startOf: chain)
    rest = chain.count
    skip(count, of: chains)
  }

  mutating func skip(_ count: Int, of chains: borrowing ByteChains) {
    chains.skip(count, with: &cursor)
    rest -= count
  }

  /// The bytes that follow in one block, so many at most.
  @_lifetime(borrow chains)
  mutating func next(of chains: borrowing ByteChains, atMost count: Int) -> Span<UInt8> {
    let piece = chains.next(&cursor, atMost: min(count, rest))
    rest -= piece.count
    return piece
  }

  /// The length of the packet that begins here; nil when the bytes end within its fixed header.
  @inline(__always) func packetLength(in chains: borrowing ByteChains) -> Int? {
    guard rest > 0 else { return nil }
    var front = self
    let start = front.next(of: chains, atMost: 5)
    // Most are short, and stand in one block.
    if start.count > 1 && start[1] < 0x80 { return 2 + Int(start[1]) }
    return lengthOfParts(in: chains)
  }

  private func lengthOfParts(in chains: borrowing ByteChains) -> Int? {
    var head = InlineArray<5, UInt8>(repeating: 0)
    var count = 0
    var front = self
    while count < head.count && front.rest > 0 {
      let piece = front.next(of: chains, atMost: head.count - count)
      for index in piece.indices { head[count + index] = piece[index] }
      count += piece.count
    }
    return try? FixedHeader.parse(head.span.extracting(0..<count))?.packetLength
  }
}

/// Frames that leave in one call: headers and short pieces are copied one behind the other, long ones are
/// sent from where they lie.
@safe struct FrameBatch {
  private(set) var pieces = unsafe InlineArray<64, linux_piece>(
    repeating: linux_piece(base: nil, count: 0))
  private(set) var count = 0
  /// Bytes of all the pieces.
  private(set) var byteCount = 0
  private var copied = 0
  private var isLastCopied = false

  /// Adds bytes that stay where they are until they are sent; false, and nothing changes, without room.
  mutating func add(_ bytes: Span<UInt8>, to buffer: inout Buffer) -> Bool {
    if bytes.count <= FrameBatch.copiedMax { return copy(bytes, to: &buffer) }
    guard count < FrameBatch.piecesMax else { return false }
    unsafe bytes.withUnsafeBufferPointer { unsafe append($0.baseAddress, bytes.count) }
    isLastCopied = false
    return true
  }

  /// Adds a copy of bytes; false, and nothing changes, without room.
  mutating func copy(_ bytes: Span<UInt8>, to buffer: inout Buffer) -> Bool {
    guard bytes.count <= buffer.capacity - copied, isLastCopied || count < FrameBatch.piecesMax
    else { return false }
    let copy = buffer.fill(bytes, behind: copied)
    copied += copy.count
    if isLastCopied {
      unsafe pieces[count - 1].count += UInt64(copy.count)
      byteCount += copy.count
    } else {
      unsafe copy.withUnsafeBufferPointer { unsafe append($0.baseAddress, copy.count) }
      isLastCopied = true
    }
    return true
  }

  private mutating func append(_ base: UnsafePointer<UInt8>?, _ byteCount: Int) {
    unsafe pieces[count] = linux_piece(base: base, count: UInt64(byteCount))
    count += 1
    self.byteCount += byteCount
  }

  private static var piecesMax: Int { 64 }
  /// Longest piece that is copied: it costs less than the writes of which there are more, the more pieces
  /// there are.
  private static var copiedMax: Int { 2048 }
}
