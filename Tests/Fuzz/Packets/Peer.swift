import FuzzSupport

@testable import Simulator

/// The other end of a connection, as far from the broker as a socket is.
final class Peer {
  /// What it has sent and the broker has not read yet.
  var inbound: [UInt8] = []
  /// The most that is read of it at once, and taken for it in one turn.
  var piece = Int.max
  var window = Int.max
  private var taken = 0
  var isEnded = false
  var isBroken = false
  var isReadable = true
  var isWritable = false
  /// The version the broker speaks to it; nil until it is connected.
  var version: UInt8?
  private var stream = PacketStream()
  /// The answers that its protocol would give to what it was sent.
  private(set) var answers: [[UInt8]] = []

  var hasInput: Bool { !inbound.isEmpty || isEnded || isBroken }
  var room: Int { window - taken }

  /// A new turn, in which the network takes as much again.
  func beginTurn() { taken = 0 }

  func take(_ bytes: [UInt8]) {
    taken += bytes.count
    stream.append(bytes[...])
  }

  /// Reads what the broker has sent: each packet is one that a Server may send. Before anything is
  /// known of the version, one that it may send in some version.
  func readPackets() {
    do throws(Malformed) {
      while let bytes = try stream.next() {
        answer(try decode(bytes))
      }
    } catch {
      fatalError("the broker sent no packet: \(error.why)")
    }
  }

  private func decode(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> Packet {
    if let version { return try Packet(fromServer: bytes, version: version) }
    do throws(Malformed) {
      return try Packet(fromServer: bytes, version: 5)
    } catch {
      return try Packet(fromServer: bytes, version: 4)
    }
  }

  private func answer(_ packet: Packet) {
    let identifier = [UInt8(packet.identifier >> 8), UInt8(packet.identifier & 0xFF)]
    switch packet.kind {
    case .publish where packet.qos == 1: answers.append([0x40, 2] + identifier)
    case .publish where packet.qos == 2: answers.append([0x50, 2] + identifier)
    case .pubrec where packet.reason < 0x80: answers.append([0x62, 2] + identifier)
    case .pubrel: answers.append([0x70, 2] + identifier)
    default: break
    }
  }

  /// Sends the answers that it owes.
  func sendAnswers() {
    for answer in answers { inbound += answer }
    answers = []
  }
}
