import FeedStore
import SampleData
import Testing

@Suite struct BulkUserTests {
    private let users = (1...5000).map(BulkData.user)

    @Test func idsAreTheNumbers() {
        #expect(users.map(\.author.id) == Array(1...5000))
    }

    @Test func namesAndAddressesAreValidAndUnique() {
        #expect(users.allSatisfy { isValidUsername($0.author.username) })
        #expect(Set(users.map(\.author.username)).count == users.count)
        #expect(Set(users.map(\.email)).count == users.count)
        #expect(users.allSatisfy { $0.email.count <= 120 && $0.email.hasSuffix("@example.com") })
    }

    @Test func theLargestNumberStillGivesAValidName() {
        #expect(isValidUsername(BulkData.user(BulkData.maximumUsers).author.username))
    }

    @Test func allHaveTheDefaultPicture() {
        for user in users {
            #expect(user.author.imageFile == nil)
        }
    }

    @Test func aUserIsTheSameEachTime() {
        #expect((1...5000).map(BulkData.user) == users)
    }
}
