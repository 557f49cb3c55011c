// swift-tools-version: 6.2
import PackageDescription

// Two builds of the same folders. `EMBEDDED=1` makes the product: Embedded Swift in which an
// allocation does not compile. Without it they are ordinary Swift for `swift test`, which needs
// the Testing module. `BOARD` names the folder of `Board/` whose limits are compiled in.
let isEmbedded = Context.environment["EMBEDDED"] == "1"
let board = Context.environment["BOARD"] ?? "host"
let optimisation = Context.environment["OPTIMISATION"] ?? "-O"

/// The ladder: a module may import only modules above it, and only those named here.
let ladder: [(module: String, imports: [String])] = [
  ("Memory", []),
  ("MQTT", []),
]

var settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]
if isEmbedded {
  settings += [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags([
      "-wmo", optimisation, "-no-allocations", "-enforce-exclusivity=unchecked",
      "-Xfrontend", "-function-sections", "-Xfrontend", "-disable-stack-protector",
    ]),
  ]
}

let product = Target.executableTarget(
  name: "swiftlet",
  dependencies: (["Board", "CLinux"] + ladder.map(\.module)).map { .init(stringLiteral: $0) },
  swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])],
  linkerSettings: isEmbedded
    ? [.unsafeFlags(["-Xlinker", "--gc-sections", "-Xlinker", "--icf=all"])] : []
)

/// One test target per module, when its folder has tests.
let tests: [Target] = isEmbedded
  ? []
  : [
    .testTarget(
      name: "MemoryTests", dependencies: ["Memory"], swiftSettings: [.strictMemorySafety()]),
    .testTarget(name: "MQTTTests", dependencies: ["MQTT"], swiftSettings: [.strictMemorySafety()]),
  ]

let package = Package(
  name: "swiftlet",
  targets: [
    .target(name: "Board", path: "Board/\(board)", sources: ["Limits.swift"], swiftSettings: settings),
    .target(name: "CLinux", cSettings: [.unsafeFlags(["-ffunction-sections", "-Wall", "-Werror"])]),
  ]
    + ladder.map { rung in
      .target(
        name: rung.module,
        dependencies: rung.imports.map { .init(stringLiteral: $0) },
        swiftSettings: settings
      )
    }
    + [product] + tests
)
