// swift-tools-version: 6.2
import Foundation
import PackageDescription

// Two builds of the same folders. `EMBEDDED=1` makes the product: Embedded Swift in which an
// allocation does not compile. Without it they are ordinary Swift for `swift test`, which needs
// the Testing module. `BOARD` names the folder of `Board/` whose choice of limits is compiled in.
let isEmbedded = Context.environment["EMBEDDED"] == "1"
let board = Context.environment["BOARD"] ?? "host"
let limits = ["Limits.swift", "\(board)/Chosen.swift"]
let besidesLimits =
  try FileManager.default.subpathsOfDirectory(atPath: "\(Context.packageDirectory)/Board")
  .filter { path in !limits.contains { $0 == path || $0.hasPrefix(path + "/") } }
let optimisation = Context.environment["OPTIMISATION"] ?? "-O"
// With 32 bits the compiler takes every `Int(…)` of a 64-bit number for an allocation that is not in
// the code it makes. The same sources compile with the check for 64 bits, and a gate reads the image.
let checksAllocations = Context.environment["BITS"] != "32"
// `TLS=0` leaves mbedTLS's protocol out, for boards whose limits have no connections with it.
let hasTLS = Context.environment["TLS"] != "0"
// `FUZZ=1` is the build of the fuzzers: every module is watched by AddressSanitizer.
let isFuzzed = Context.environment["FUZZ"] == "1"

/// The ladder: a module may import only modules above it, and only those named here.
let ladder: [(module: String, imports: [String])] = [
  ("Memory", []),
  ("MQTT", []),
  ("Messages", ["Memory", "MQTT"]),
  ("Topics", ["Memory", "MQTT", "Messages"]),
  ("Sessions", ["Memory", "MQTT", "Messages"]),
  ("Access", ["Board", "Memory", "MQTT"]),
  ("WebSocket", ["Memory"]),
  ("Configuration", ["Board", "Memory", "MQTT"]),
  ("Broker", ["Board", "Memory", "MQTT", "Messages", "Topics", "Sessions", "Access"]),
  ("Server", ["Memory", "MQTT", "Access", "Broker"]),
  (
    "Linux",
    [
      "Board", "Memory", "MQTT", "Access", "Configuration", "Broker", "Server", "WebSocket",
      "CLinux",
    ]
  ),
]

/// What is made small, since that was measured to cost no speed: what runs at start, at a reload or for a
/// single connection, and the protocol, whose work for each byte is done in the modules beneath it.
let seldom: Set = ["Access", "Broker", "Configuration", "Linux", "WebSocket", "swiftlet"]

var settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .enableExperimentalFeature("RawLayout"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]
if isEmbedded {
  settings += [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(
      [
        "-wmo", optimisation, "-enforce-exclusivity=unchecked",
        "-Xfrontend", "-function-sections", "-Xfrontend", "-disable-stack-protector",
      ] + (checksAllocations ? ["-no-allocations"] : [])),
  ]
}

@MainActor func settings(of module: String) -> [SwiftSetting] {
  settings + (isEmbedded && seldom.contains(module) ? [.unsafeFlags(["-Osize"])] : [])
}

if isFuzzed {
  settings += [.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing", "-D", "SANITIZED"])]
}

/// C for the system calls, as small or as fast as the Swift around it.
let systemCalls =
  [
    "-Os",
    "-std=gnu11", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables",
    "-Wall", "-Wextra", "-Werror",
  ] + (hasTLS ? ["-DSWIFTLET_TLS"] : [])
  + (isFuzzed ? ["-fsanitize=address,fuzzer-no-link"] : [])

/// What ordinary Swift links; the Makefile links the product.
let libraries = ["mbedtls", "mbedx509", "mbedcrypto"]

let product = Target.executableTarget(
  name: "swiftlet",
  dependencies: (["Board", "CLinux"] + ladder.map(\.module)).map { .init(stringLiteral: $0) },
  swiftSettings: settings(of: "swiftlet") + [.unsafeFlags(["-parse-as-library"])],
  linkerSettings: isEmbedded
    ? [.unsafeFlags(["-Xlinker", "--gc-sections", "-Xlinker", "--icf=all"])] : []
)

/// The test targets, one for each module at least, and what each of them imports.
let testing: [(target: String, imports: [String])] = [
  ("MQTTTests", ["MQTT"]),
  ("MemoryTests", ["Memory", "Support"]),
  ("MessagesTests", ["Memory", "MQTT", "Messages", "Support"]),
  ("TopicsTests", ["Memory", "MQTT", "Messages", "Support", "Topics"]),
  ("SessionsTests", ["Memory", "MQTT", "Messages", "Sessions", "Support"]),
  ("BrokerTests", ["Access", "Board", "Broker", "MQTT", "Memory", "Support"]),
  ("ServerTests", ["Access", "Board", "Broker", "Memory", "Server", "Support"]),
  ("AccessTests", ["Access", "Board", "Memory", "Support"]),
  ("WebSocketTests", ["Memory", "Support", "WebSocket"]),
  ("ConfigurationTests", ["Board", "Configuration", "Memory", "MQTT"]),
  ("SimulationTests", ["Simulator"]),
]
let support = Target.target(
  name: "Support", dependencies: ["Memory"], path: "Tests/Support",
  swiftSettings: [.strictMemorySafety()])
let tests: [Target] =
  isEmbedded
  ? []
  : [support]
    + testing.map { test in
      .testTarget(
        name: test.target, dependencies: test.imports.map { .init(stringLiteral: $0) },
        swiftSettings: [.strictMemorySafety()])
    }

/// The simulator: a server with a simulated network, clock and clients, for tests and a program.
let simulator: [Target] =
  isEmbedded
  ? []
  : [
    .target(
      name: "Simulator", dependencies: ["Access", "Board", "Broker", "Memory", "MQTT", "Server"],
      path: "Tests/Simulator",
      swiftSettings: settings + [
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
      ]),
    .executableTarget(
      name: "swiftlet-simulate", dependencies: ["Simulator"], swiftSettings: settings),
  ]

let package = Package(
  name: "swiftlet",
  targets: [
    .target(
      name: "Board", path: "Board", exclude: besidesLimits, sources: limits,
      swiftSettings: settings),
    .target(
      name: "CLinux", cSettings: [.unsafeFlags(systemCalls)],
      linkerSettings: isEmbedded ? [] : libraries.map { .linkedLibrary($0) }),
  ]
    + ladder.map { rung in
      .target(
        name: rung.module,
        dependencies: rung.imports.map { .init(stringLiteral: $0) },
        swiftSettings: settings(of: rung.module)
      )
    }
    + [product] + simulator + tests
)

/// The fuzzers: each is one file in `Tests/Fuzz/<name>`, and what it imports.
let fuzzers: [(name: String, imports: [String])] = [
  ("Packets", ["Access", "Board", "Broker", "Memory", "MQTT", "Server", "Simulator"]),
  ("Properties", ["MQTT"]),
  ("Topics", ["Memory", "MQTT", "Messages", "Topics"]),
  ("Configuration", ["Configuration", "Memory"]),
  ("Passwords", ["Access", "Board", "Memory"]),
  ("Rules", ["Access", "Board", "Memory", "MQTT"]),
  ("Keys", ["Access", "CLinux", "Memory"]),
  ("Frames", ["Memory", "WebSocket"]),
  ("Requests", ["Memory", "WebSocket"]),
  ("Proxy", ["Memory", "WebSocket"]),
  ("Command", ["Configuration", "Memory", "PasswordCommand"]),
]
if isFuzzed {
  let linked: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
  let modules = Set(fuzzers.flatMap(\.imports) + ["Access", "Messages", "Sessions", "Topics"])
  package.targets = package.targets.filter { modules.contains($0.name) }
  package.targets += [
    .target(
      name: "FuzzSupport", dependencies: ["Memory"], path: "Tests/Fuzz/Support",
      swiftSettings: settings),
    // What of the program can be had without it.
    .target(
      name: "PasswordCommand", dependencies: ["Access"], path: "Sources/swiftlet",
      exclude: [
        "Main.swift", "PasswordCommand.swift", "PasswordEditor.swift", "Program+Listeners.swift",
        "Program.swift", "Rights.swift", "Standard.swift",
      ], sources: ["Argument.swift", "PasswordOptions.swift"], swiftSettings: settings),
  ]
  package.targets += fuzzers.map { fuzzer in
    .executableTarget(
      name: "fuzz-" + fuzzer.name.lowercased(),
      dependencies: (["FuzzSupport"] + fuzzer.imports).map { .init(stringLiteral: $0) },
      path: "Tests/Fuzz/" + fuzzer.name,
      swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])], linkerSettings: linked)
  }
}

// `BENCH=1` is the load that measures brokers, alone: nothing else waits for what it depends on.
if Context.environment["BENCH"] == "1" {
  package.dependencies = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
  ]
  package.targets = [
    .target(
      name: "CBench", path: "Sources/swiftlet-bench/CBench",
      cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
      linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .executableTarget(
      name: "swiftlet-bench",
      dependencies: [
        "CBench",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      exclude: ["CBench"],
      swiftSettings: [
        .treatAllWarnings(as: .error),
        .unsafeFlags(["-Ounchecked", "-wmo", "-enforce-exclusivity=unchecked"]),
      ]),
  ]
}
