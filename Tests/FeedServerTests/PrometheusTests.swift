import Foundation
import Metrics
import Testing

@testable import FeedServer

@Suite("Prometheus text format")
struct PrometheusTests {
    let registry = PrometheusRegistry(bounds: ["sized": [10, 100]])

    private func scrape() -> String {
        var text = ""
        registry.render(into: &text)
        return text
    }

    @Test("families and series come in a stable order, with help and type once")
    func order() {
        registry.describe("http_requests_total", "Answers given.")
        for status in ["404", "200"] {
            let dimensions = [("status", status), ("method", "GET"), ("route", "/posts")]
            Counter(label: "http_requests_total", dimensions: dimensions, factory: registry).increment(by: 2)
        }
        Meter(label: "connections", factory: registry).increment(by: 3)

        #expect(
            scrape() == """
                # TYPE connections gauge
                connections 3
                # HELP http_requests_total Answers given.
                # TYPE http_requests_total counter
                http_requests_total{method="GET",route="/posts",status="200"} 2
                http_requests_total{method="GET",route="/posts",status="404"} 2

                """)
    }

    @Test("the same label and dimensions, in any order, are one series")
    func identity() {
        let first = registry.makeCounter(label: "a", dimensions: [("x", "1"), ("y", "2")])
        let second = registry.makeCounter(label: "a", dimensions: [("y", "2"), ("x", "1")])
        let other = registry.makeCounter(label: "a", dimensions: [("x", "1"), ("y", "3")])

        #expect(first === second)
        #expect(first !== other)
    }

    @Test("label values and help texts are escaped")
    func escaping() {
        registry.describe("odd", "a \\ b\nc \"d\"")
        Counter(label: "odd", dimensions: [("v", "a\\b\"c\r\nd")], factory: registry).increment()

        #expect(
            scrape() == "# HELP odd a \\\\ b\\nc \"d\"\n# TYPE odd counter\nodd{v=\"a\\\\b\\\"c\r\\nd\"} 1\n")
    }

    @Test("a timer is a cumulative histogram in seconds with inclusive bounds")
    func timer() {
        let timer = Timer(label: "took", dimensions: [("route", "/")], factory: registry)
        timer.recordNanoseconds(50_000)
        timer.recordNanoseconds(50_001)
        timer.recordMilliseconds(500)
        timer.recordSeconds(11)
        timer.recordNanoseconds(-5)

        let lines = scrape().split(separator: "\n")
        #expect(lines.contains("# TYPE took histogram"))
        #expect(lines.contains("took_bucket{route=\"/\",le=\"5e-05\"} 2"))
        #expect(lines.contains("took_bucket{route=\"/\",le=\"0.0001\"} 3"))
        #expect(lines.contains("took_bucket{route=\"/\",le=\"0.25\"} 3"))
        #expect(lines.contains("took_bucket{route=\"/\",le=\"0.5\"} 4"))
        #expect(lines.contains("took_bucket{route=\"/\",le=\"10\"} 4"))
        #expect(lines.contains("took_bucket{route=\"/\",le=\"+Inf\"} 5"))
        #expect(lines.contains("took_sum{route=\"/\"} 11.500100001"))
        #expect(lines.contains("took_count{route=\"/\"} 5"))
        #expect(lines.count == 1 + PrometheusHistogram.latencyBounds.count + 3)
    }

    @Test("bounds can be given for one label; an aggregating recorder uses them")
    func bounds() {
        let recorder = Recorder(label: "sized", factory: registry)
        recorder.record(10)
        recorder.record(10.5)

        #expect(
            scrape() == """
                # TYPE sized histogram
                sized_bucket{le="10"} 1
                sized_bucket{le="100"} 2
                sized_bucket{le="+Inf"} 2
                sized_sum 20.5
                sized_count 2

                """)
    }

    @Test("a counter never falls, and can be reset")
    func counters() {
        let counter = registry.makeCounter(label: "whole", dimensions: [])
        counter.increment(by: 5)
        counter.increment(by: -3)
        let fraction = registry.makeFloatingPointCounter(label: "fraction", dimensions: [])
        fraction.increment(by: 0.25)
        fraction.increment(by: -1)
        fraction.increment(by: .nan)
        #expect(scrape().contains("\nfraction 0.25\n"))
        #expect(scrape().contains("\nwhole 5\n"))

        counter.reset()
        fraction.reset()
        #expect(scrape().contains("\nfraction 0\n"))
        #expect(scrape().contains("\nwhole 0\n"))
    }

    @Test("a gauge keeps the last value, a meter goes both ways")
    func gauges() {
        let gauge = Gauge(label: "gauge", factory: registry)
        gauge.record(1)
        gauge.record(-2.5)
        let meter = Meter(label: "meter", factory: registry)
        meter.set(7)
        meter.decrement(by: 9)

        #expect(scrape() == "# TYPE gauge gauge\ngauge -2.5\n# TYPE meter gauge\nmeter -2\n")
    }

    @Test("increments from many tasks are all counted")
    func concurrency() async {
        let counter = registry.makeCounter(label: "hits", dimensions: [])
        let meter = registry.makeMeter(label: "level", dimensions: [])
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment(by: 1)
                        meter.increment(by: 0.5)
                    }
                }
            }
        }

        #expect(scrape() == "# TYPE hits counter\nhits 80000\n# TYPE level gauge\nlevel 40000\n")
    }

    @Test("callbacks are read at every scrape, and left out while they have no value")
    func callbacks() {
        registry.registerGauge("there", "Is there.") { 1.5 }
        registry.registerCounter("away", "Is not.") { nil }

        #expect(
            scrape()
                == "# HELP away Is not.\n# TYPE away counter\n# HELP there Is there.\n# TYPE there gauge\nthere 1.5\n"
        )
    }

    @Test("a destroyed series is gone")
    func destroy() {
        let counter = Counter(label: "gone", factory: registry)
        counter.increment()
        counter.destroy()

        #expect(scrape() == "")
    }

    @Test(
        "numbers as Prometheus reads them",
        arguments: [
            (0, "0"), (-0.5, "-0.5"), (1e15, "1000000000000000"), (1e300, "1e+300"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"), (1e-7, "1e-07"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    @Test("names are checked")
    func names() {
        #expect(PrometheusText.isMetricName("a:b_9"))
        for name in ["", "9a", "a-b", "a.b", "é", "a b"] {
            #expect(!PrometheusText.isMetricName(name))
        }
        #expect(PrometheusText.isLabelName("status"))
        for name in ["", "le", "__name__", "a:b", "1"] {
            #expect(!PrometheusText.isLabelName(name))
        }
        #expect(!PrometheusHistogram.areBounds([1, 1]))
        #expect(!PrometheusHistogram.areBounds([.infinity]))
    }

    @Test("a name with two types traps")
    func conflict() async {
        await #expect(processExitsWith: .failure) {
            // No backtrace, which takes seconds and is not asked for.
            signal(SIGILL, SIG_DFL)
            signal(SIGTRAP, SIG_DFL)
            let registry = PrometheusRegistry()
            _ = registry.makeCounter(label: "x", dimensions: [])
            _ = registry.makeTimer(label: "x", dimensions: [])
        }
    }

    #if os(Linux)
        @Test("the process is described")
        func process() throws {
            ProcessMetrics.register(in: registry)

            let lines = scrape().split(separator: "\n")
            func value(_ name: String) throws -> Double {
                let line = try #require(lines.first { $0.hasPrefix(name + " ") })
                return try #require(Double(line.dropFirst(name.count + 1)))
            }
            #expect(try value("process_resident_memory_bytes") > 1_000_000)
            #expect(try value("process_resident_memory_bytes") < 1e12)
            #expect(try value("process_cpu_seconds_total") > 0)
            #expect(try value("process_open_fds") >= 3)
            let now = Date().timeIntervalSince1970
            #expect(try (now - 86_400...now + 1).contains(value("process_start_time_seconds")))
        }
    #endif
}
