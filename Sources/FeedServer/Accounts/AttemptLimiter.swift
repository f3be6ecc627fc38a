import Crypto
import Foundation
import NIOCore
import Synchronization

/// Limits how often passwords are tried: by each client's address, and against each account.
///
/// The first stops one client that tries many accounts, the second many clients that try one account.
/// Whoever guesses at an account also keeps its owner from logging in meanwhile; sessions and tokens
/// that the owner has are not concerned. The numbers are this process's own and end with it.
final class AttemptLimiter: Sendable {
    /// Addresses, and accounts, that are remembered. When there are more, those that have the most
    /// attempts left are forgotten. Both tables take less than 10 MiB together.
    static let maximumKeys = 65_536

    /// Right passwords of an address that count as much as one wrong password. Many people can be behind one
    /// address, and a client of the API logs in each time that its token has expired; but each log-in takes
    /// the hasher's time, whoever makes it.
    static let rightPasswordsForAttempt: Int64 = 10

    enum Admission: Hashable, Sendable {
        case admitted
        /// Nothing was counted. Another attempt is admitted after so many seconds, rounded up, unless
        /// others come before it.
        case refused(retryAfter: Int)
    }

    /// The first 16 bytes of a keyed hash: what people type is not kept.
    private struct AccountKey: Hashable {
        let high: UInt64
        let low: UInt64
    }

    private struct Tables {
        var addresses: AttemptTable<ClientAddress>
        var accounts: AttemptTable<AccountKey>
    }

    private let tables: Mutex<Tables>
    private let hashKey = SymmetricKey(size: .bits256)
    private let now: @Sendable () -> NIODeadline

    /// - Parameters:
    ///   - capacity: of each of both tables.
    ///   - now: a clock that never goes back.
    init(
        addressRate: AttemptRate, accountRate: AttemptRate,
        capacity: Int = AttemptLimiter.maximumKeys,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        tables = Mutex(
            Tables(
                addresses: AttemptTable(rate: addressRate, capacity: capacity),
                accounts: AttemptTable(rate: accountRate, capacity: capacity)))
        self.now = now
    }

    /// Counts an attempt against both limits, or, where either is reached, against none.
    ///
    /// - Parameters:
    ///   - address: of the client; one of IPv6 stands for its /64.
    ///   - account: what tells the account, of any length, in one spelling (an e-mail address by its
    ///     `EmailKey`): whether there is such an account is not asked. `nil`: only the address counts.
    func admit(address: ClientAddress, account: String?) -> Admission {
        let address = address.network
        let account = account.map { key(of: $0) }
        return tables.withLock { tables in
            let now = now()
            let wait = max(
                tables.addresses.wait(for: address, now: now),
                account.map { tables.accounts.wait(for: $0, now: now) } ?? .zero)
            guard wait <= .zero else { return .refused(retryAfter: Self.secondsRoundedUp(wait)) }
            tables.addresses.take(address, now: now)
            if let account { tables.accounts.take(account, now: now) }
            return .admitted
        }
    }

    /// Counts less of an attempt that was admitted and turned out to be right. Against the account, nothing:
    /// its owner is not held up. Against the address, one part of ``rightPasswordsForAttempt``.
    func succeeded(address: ClientAddress, account: String) {
        let address = address.network
        let account = key(of: account)
        tables.withLock { tables in
            let now = now()
            tables.addresses.giveBack(address, keepingOneOf: Self.rightPasswordsForAttempt, now: now)
            tables.accounts.giveBack(account, now: now)
        }
    }

    /// Takes back an attempt that was admitted and not made after all.
    func giveBack(address: ClientAddress, account: String?) {
        let address = address.network
        let account = account.map { key(of: $0) }
        tables.withLock { tables in
            let now = now()
            tables.addresses.giveBack(address, now: now)
            if let account { tables.accounts.giveBack(account, now: now) }
        }
    }

    /// Addresses and accounts that are remembered.
    var counts: (addresses: Int, accounts: Int) {
        tables.withLock { ($0.addresses.count, $0.accounts.count) }
    }

    private func key(of account: String) -> AccountKey {
        HMAC<SHA256>.authenticationCode(for: Data(account.utf8), using: hashKey).withUnsafeBytes { hash in
            AccountKey(
                high: hash.loadUnaligned(as: UInt64.self),
                low: hash.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }

    private static func secondsRoundedUp(_ wait: TimeAmount) -> Int {
        Int((wait.nanoseconds + 999_999_999) / 1_000_000_000)
    }
}
