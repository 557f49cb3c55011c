import Board
import Broker
import CLinux
import Configuration
import Linux
import Memory
import Server

/// The program: SwiftPM links it as `main`.
@c(swiftlet_main)
package func swiftletMain(
  _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>
) -> Int32 {
  if argumentCount > 1, let command = unsafe arguments[1],
    unsafe Span(_unsafeStart: UnsafePointer(command), count: length(of: command)).equals("passwd")
  {
    return unsafe runPasswordCommand(argumentCount, arguments)
  }
  var options = CommandLineOptions()
  guard unsafe read(argumentCount, arguments, into: &options) else { return ExitStatus.usage }
  if options.showsHelp {
    Standard.output.write(CommandLineOptions.usage)
    return ExitStatus.success
  }
  if options.showsVersion {
    Standard.output.write(Broker.version)
    Standard.output.write("\n")
    return ExitStatus.success
  }
  if options.showsPlan {
    writePlan(of: options, to: .output)
    return ExitStatus.success
  }
  return run(options, byteCount: byteCountNeeded(options))
}

// Each step has a frame of its own, so that the stack of one is free for the next.

@inline(never)
private func run(_ options: CommandLineOptions, byteCount: Int) -> Int32 {
  guard let base = unsafe linux_map(UInt64(byteCount)) else {
    Standard.error.write("Error: there is not enough memory for the limits of this board.\n")
    return ExitStatus.failure
  }
  var program = unsafe makeProgram(options, base, byteCount)
  return program.run()
}

/// The list of what was carved is on this frame alone: the loop has no use for it.
@inline(never)
private func makeProgram(
  _ options: CommandLineOptions, _ base: UnsafeMutableRawPointer, _ byteCount: Int
) -> Program {
  var clock = LinuxClock()
  var region = unsafe Region(base, byteCount: byteCount)
  let program = Program(options: options, seed: randomSeed(), at: clock.now(), in: &region)
  region.seal()
  return program
}

/// The same start-up, on a region without memory, tells how many bytes it takes.
@inline(never)
private func byteCountNeeded(_ options: CommandLineOptions) -> Int {
  var counting = Region()
  _ = Program(options: options, seed: 0, at: .never, in: &counting)
  return counting.byteCount
}

/// Writes what a program with these options carves.
@inline(never)
func writePlan(of options: CommandLineOptions, to output: Standard) {
  var counting = Region()
  _ = Program(options: options, seed: 0, at: .never, in: &counting)
  counting.writePlan(to: output)
}

/// What the program ends with.
enum ExitStatus {
  static var success: Int32 { 0 }
  static var failure: Int32 { 1 }
  /// Wrong options or a wrong configuration, as Mosquitto has it.
  static var usage: Int32 { 3 }
}

private func read(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>,
  into options: inout CommandLineOptions
) -> Bool {
  for index in 1..<max(1, Int(count)) {
    guard let text = unsafe arguments[index] else { break }
    let argument = unsafe Span(_unsafeStart: UnsafePointer(text), count: length(of: text))
    do throws(CommandLineError) { try options.consume(argument) } catch {
      return complain(error, argument)
    }
  }
  do throws(CommandLineError) { try options.finish() } catch { return complain(error, Span()) }
  return true
}

private func complain(_ error: CommandLineError, _ argument: Span<UInt8>) -> Bool {
  var line = Line()
  error.describe(argument: argument, in: &line)
  line.append("\n")
  Standard.error.write(line.span)
  return false
}

private func randomSeed() -> UInt64 {
  var bytes = InlineArray<8, UInt8>(repeating: 0)
  var span = bytes.mutableSpan
  unsafe span.withUnsafeMutableBufferPointer { buffer in
    if let base = buffer.baseAddress { _ = unsafe linux_random(base, 8) }
  }
  var seed: UInt64 = 0
  for index in 0..<8 { seed = seed << 8 | UInt64(bytes[index]) }
  return seed
}
