import TestSupport
import Testing

@testable import CountCache

@Suite struct RecencyTableTests {
    @Test(arguments: [1, 2, 5, 20]) func agreesWithAPlainList(capacity: Int) {
        // Given: a list, the least recently used first, that does the same at another price.
        var table = RecencyTable<Int, Int>(capacity: capacity)
        var list: [(key: Int, value: Int)] = []
        var random = SeededGenerator(seed: UInt64(capacity))
        for step in 0..<3_000 {
            // When
            let key = Int.random(in: 0..<2 * capacity, using: &random)
            let index = list.firstIndex { $0.key == key }
            if Bool.random(using: &random) {
                // Then
                #expect(table.use(key) == index.map { list[$0].value })
                if let index { list.append(list.remove(at: index)) }
            } else {
                table.set(step, for: key)
                if let index {
                    list.remove(at: index)
                } else if list.count == capacity {
                    list.removeFirst()
                }
                list.append((key, step))
            }
            #expect(table.count == list.count)
        }
    }

    @Test func forgetsWhatWasNotUsedForLongest() {
        // Given
        var table = RecencyTable<String, Int>(capacity: 2)
        table.set(1, for: "a")
        table.set(2, for: "b")
        // When
        #expect(table.use("a") == 1)
        table.set(3, for: "c")
        // Then
        #expect(table.use("b") == nil)
        #expect(table.use("a") == 1)
        #expect(table.use("c") == 3)
    }
}
