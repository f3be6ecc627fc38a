@testable import CountCache

/// The way to Redis and back, as the connection's driver and its breaker show it to the engine.
extension CountSimulation {
    private static let lossRate = 0.08

    func send(_ kind: SimulatedCommand.Kind, _ process: SimulatedProcess) {
        let command = commands.count
        let deadline = time + plan.commandTimeout
        commands.append(SimulatedCommand(process: process, kind: kind, deadline: deadline))
        if process.isCutOff || (isRedisDown && chance(0.8)) {
            trace.note(.redisAway, at: time, process: process.place)
            // Known to be away, or still to be found out.
            queue.add(.reply(command: command, nil), at: chance(0.7) ? time : number(time...deadline))
            return
        }
        if isLossy, chance(Self.lossRate) {
            trace.note(.requestLost, at: time, process: process.place)
            queue.add(.reply(command: command, nil), at: deadline)
            return
        }
        process.lastArrival = max(process.lastArrival, time + latency())
        queue.add(.arrival(command: command), at: process.lastArrival)
    }

    func arrive(_ command: Int) {
        let deadline = max(time, commands[command].deadline)
        if isRedisDown {
            queue.add(.reply(command: command, nil), at: number(time...deadline))
        } else if isRedisFrozen {
            // It is carried out when Redis goes on, whether anybody waits for it still or not.
            trace.note(.requestFrozen, at: time, process: commands[command].process.place)
            frozenCommands.append(command)
            queue.add(.reply(command: command, nil), at: deadline)
        } else {
            execute(command)
        }
    }

    func execute(_ command: Int) {
        let sent = commands[command]
        let reply: SimulatedCommand.Reply
        switch sent.kind {
        case .acquire(_, let request):
            let answer = redis.acquire(request, at: time)
            if answer.right == .granted { bounds.granted(request.key, to: sent.process) }
            reply = .acquired(answer, at: time)
        case .fill(let fill):
            let wasHolder = redis.fill(fill, at: time)
            if wasHolder == true {
                trace.note(.filled, at: time, process: sent.process.place)
                bounds.filled(fill)
            } else if wasHolder == nil, redis.refusal == .full {
                bounds.refused(fill)
            }
            reply = .wasHolder(wasHolder)
        case .release(let release):
            let wasHolder = redis.release(release, at: time)
            if wasHolder == true {
                trace.note(.released, at: time, process: sent.process.place)
                bounds.released(release)
            }
            reply = .wasHolder(wasHolder)
        }
        let arrival = time + latency()
        if isLossy, chance(Self.lossRate) {
            trace.note(.replyLost, at: time, process: sent.process.place)
            queue.add(.reply(command: command, nil), at: max(time, sent.deadline))
        } else if arrival > sent.deadline {
            queue.add(.reply(command: command, nil), at: max(time, sent.deadline))
        } else {
            queue.add(.reply(command: command, reply), at: arrival)
        }
    }

    func answer(_ command: Int, _ reply: SimulatedCommand.Reply?) {
        guard !commands[command].isAnswered else { return }
        commands[command].isAnswered = true
        let sent = commands[command]
        guard isAlive(sent.process) else {
            if case .acquired(let answer, _) = reply, answer.right == .granted {
                trace.note(.leaseOrphaned, at: time, process: sent.process.place)
            }
            return
        }
        switch sent.kind {
        case .fill, .release:
            guard case .wasHolder(let wasHolder) = reply else { return }
            switch wasHolder {
            case true?: break
            case false?: trace.note(.leaseExpired, at: time, process: sent.process.place)
            case nil: trace.note(.writeRefused, at: time, process: sent.process.place)
            }
        case .acquire(let flight, let request):
            guard case .acquired(let answer, let granted) = reply else {
                return acquired(sent.process, flight, nil, .unleased)
            }
            sent.process.found[request.key] = answer.found?.value
            acquired(
                sent.process, flight, answer, permission(answer, request, granted: granted, sent.process))
        }
    }

    private func permission(
        _ answer: Lease.Answer, _ request: Lease.Request, granted: Int64, _ process: SimulatedProcess
    ) -> SimulatedProcess.Permission {
        switch answer.right {
        case .granted:
            return .leased(SimulatedProcess.Grant(token: request.token, time: granted))
        case .denied:
            trace.note(.denied, at: time, process: process.place)
            return .unleased
        case .needless:
            trace.note(.needless, at: time, process: process.place)
        case .barred:
            trace.note(.leaseBarred, at: time, process: process.place)
        case .held(let remaining):
            bounds.check(
                !plan.hasTrueClock || remaining <= plan.rules.leaseTime + milliseconds,
                "someone can count after the lease time at the latest")
        }
        return .no
    }

    private func acquired(
        _ process: SimulatedProcess, _ flight: UInt64, _ answer: Lease.Answer?,
        _ permission: SimulatedProcess.Permission
    ) {
        process.permissions[flight] = permission
        tell(process) { engine, now, effects in
            engine.acquired(flight: flight, answer: answer, now: now, effects: &effects)
        }
        if case .leased(let grant) = permission, process.loads[flight] == nil {
            trace.note(.leaseReleasedUnused, at: time, process: process.place)
            bounds.check(
                process.lastRelease == grant.token, "a lease that is not used is given back (CountEngine)")
        }
    }

    private var isLossy: Bool { !isHealed && plan.faults.contains(.lostMessages) }

    private func latency() -> Int64 {
        if isHealed { return number(10_000...50_000) }
        // Now and then a way takes longer than anybody waits.
        if isLossy, chance(0.03) { return number(0...2 * plan.commandTimeout) }
        return number(10_000...plan.latency)
    }
}
