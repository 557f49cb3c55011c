/// One argument of the program: it stays where it is as long as that runs.
@safe struct Argument: BitwiseCopyable {
  private let base: UnsafePointer<UInt8>?
  private let count: Int

  /// No text.
  init() {
    unsafe base = nil
    count = 0
  }

  init(_ text: UnsafeMutablePointer<UInt8>) {
    unsafe base = UnsafePointer(text)
    unsafe count = length(of: text)
  }

  /// Its bytes; the one behind them is zero, as C expects.
  var span: Span<UInt8> {
    @_lifetime(immortal)
    get {
      guard let base = unsafe base else { return Span() }
      let span = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }
}

/// The bytes before the zero.
func length(of text: UnsafePointer<UInt8>) -> Int {
  var count = 0
  while unsafe text[count] != 0 { count += 1 }
  return count
}

extension Span where Element == UInt8 {
  /// Whether these are the same bytes.
  func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  /// Whether these are the bytes of `text`.
  func equals(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes in
      guard bytes.count == count else { return false }
      for index in 0..<count where unsafe bytes[index] != self[index] { return false }
      return true
    }
  }
}
