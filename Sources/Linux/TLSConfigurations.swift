/// What each listener shows to those who come by TLS, and asks of them; nothing for the others.
package struct TLSConfigurations: BitwiseCopyable {
  private var made = InlineArray<20, TLSConfiguration?>(repeating: nil)

  /// No listener has TLS.
  package init() {}

  subscript(listener: Int) -> TLSConfiguration? {
    get { made[listener] }
    set { made[listener] = newValue }
  }

  /// Gives all of it up.
  package mutating func release() {
    for listener in 0..<made.count {
      made[listener]?.release()
      made[listener] = nil
    }
  }
}
