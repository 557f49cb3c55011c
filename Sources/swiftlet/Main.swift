import Board
import CLinux
import Memory

/// The program: SwiftPM links it as `main`.
@c(swiftlet_main)
package func swiftletMain(
  _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  var line = Line()
  line.append("swiftlet\n")
  unsafe line.span.withUnsafeBufferPointer { bytes in
    if let base = bytes.baseAddress { _ = unsafe linux_write(2, base, UInt64(bytes.count)) }
  }
  return 0
}
