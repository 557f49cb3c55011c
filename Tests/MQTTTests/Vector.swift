import Foundation

@testable import MQTT

/// One line of `Tests/Vectors`: a packet and what it must be taken for.
struct Vector: CustomStringConvertible, Sendable {
  let name: String
  let version: ProtocolVersion
  let isFromServer: Bool
  /// `ok`, `incomplete`, or the name of the error.
  let expectation: String
  let bytes: [UInt8]

  var description: String { name }

  init(line: String) {
    let columns = line.split(separator: " ")
    precondition(columns.count == 6, "six columns: \(line)")
    name = String(columns[0])
    version = columns[1] == "5" ? .v5 : columns[1] == "3.1.1" ? .v3_1_1 : .v3_1
    isFromServer = columns[2] == "server"
    expectation = String(columns[3])
    bytes = columns[5] == "-" ? [] : Vector.bytes(ofHexadecimal: columns[5])
  }

  static let all: [Vector] = {
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.sorted().filter { $0.hasSuffix(".hex") }.flatMap { file in
      let text =
        (try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
      return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        .map { Vector(line: String($0)) }
    }
  }()

  static let fromClient = all.filter { !$0.isFromServer }
  static let fromServer = all.filter(\.isFromServer)
  static let valid = fromClient.filter { $0.expectation == "ok" }

  static func named(_ name: String) -> Vector {
    guard let vector = all.first(where: { $0.name == name }) else { fatalError("no \(name)") }
    return vector
  }

  private static func bytes(ofHexadecimal text: Substring) -> [UInt8] {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "_") }
    return stride(from: 0, to: digits.count, by: 2).map { index in
      UInt8(digit(digits[index]) << 4 | digit(digits[index + 1]))
    }
  }

  private static func digit(_ letter: UInt8) -> Int {
    letter <= UInt8(ascii: "9") ? Int(letter) - 48 : Int(letter) - 55
  }
}
