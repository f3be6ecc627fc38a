import FeedStore
import Testing

struct VirtualMachineStepsTests {
    private func query(_ start: PageStart) -> PageQuery {
        PageQuery(collection: .posts, order: .newest, start: start, pageSize: 10)
    }

    @Test func aPageByCursorTakesTheSameStepsAnywhereAndAnOffsetMoreAtDepth() async throws {
        let fixture = try StoreFixture(dates: (1...200).map { $0 * 1_000 }, isInMemory: true)
        let store = fixture.store

        let near = try await store.virtualMachineSteps(
            reading: query(.after(Position(datePosted: Timestamp(microseconds: 181_000), id: 181))))
        let far = try await store.virtualMachineSteps(
            reading: query(.after(Position(datePosted: Timestamp(microseconds: 21_000), id: 21))))
        let shallow = try await store.virtualMachineSteps(reading: query(.offset(20)))
        let deep = try await store.virtualMachineSteps(reading: query(.offset(180)))
        let again = try await store.virtualMachineSteps(reading: query(.offset(180)))

        #expect(near > 10)
        #expect(near == far)
        // At least a step for each row that is skipped.
        #expect(deep >= shallow + 160)
        #expect(deep == again)
        try await store.close()
    }

    @Test func aCountTakesAStepForEachRow() async throws {
        let few = try StoreFixture(dates: (1...10).map { $0 }, isInMemory: true)
        let many = try StoreFixture(dates: (1...110).map { $0 }, isInMemory: true)

        let steps = try await few.store.virtualMachineSteps(counting: .posts)

        #expect(try await many.store.virtualMachineSteps(counting: .posts) >= steps + 100)
        try await few.store.close()
        try await many.store.close()
    }
}
