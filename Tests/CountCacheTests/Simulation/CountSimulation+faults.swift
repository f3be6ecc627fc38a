@testable import CountCache

/// What goes wrong, and how it ends.
extension CountSimulation {
    func makeTrouble() {
        guard isGoing else { return }
        queue.add(.trouble, at: time + number(1...(plan.duration / 6)))
        let faults = SimulationFault.allCases.filter(plan.faults.contains)
        let fault = faults[Int(number(0...Int64(faults.count - 1)))]
        let place = Int(number(0...Int64(plan.processCount - 1)))
        let end = time + number(1...(plan.duration / 6))
        switch fault {
        case .failingLoads, .slowLoads, .lostMessages: return
        case .redisKills:
            guard !isRedisDown else { return }
            isRedisDown = true
            isRedisFrozen = false
            frozenCommands = []
            redis.loseEverything()
            bounds.lastLoss = time
            trace.note(.redisKilled, at: time)
        case .redisFreezes:
            guard !isRedisDown, !isRedisFrozen else { return }
            isRedisFrozen = true
            trace.note(.redisFrozen, at: time)
        case .redisRefusals:
            guard redis.refusal == nil else { return }
            redis.refusal = ModelLeases.Refusal.allCases.randomElement(using: &random)
            trace.note(.redisRefuses, at: time)
        case .redisClockSteps:
            redis.clockOffset += number(-3_600...3_600) * seconds
            trace.note(.redisClockStepped, at: time)
            return
        case .processKills:
            guard let process = processes[place] else { return }
            kill(process)
        case .processesCutOff:
            guard let process = processes[place], !process.isCutOff else { return }
            process.isCutOff = true
            trace.note(.processCutOff, at: time, process: place)
        }
        queue.add(.end(fault, place: place), at: end)
    }

    func endTrouble(_ fault: SimulationFault, place: Int) {
        switch fault {
        case .failingLoads, .slowLoads, .lostMessages, .redisClockSteps: break
        case .redisKills:
            guard isRedisDown else { return }
            isRedisDown = false
            trace.note(.redisStarted, at: time)
        case .redisFreezes:
            guard isRedisFrozen else { return }
            isRedisFrozen = false
            trace.note(.redisThawed, at: time)
            let waiting = frozenCommands
            frozenCommands = []
            for command in waiting { execute(command) }
        case .redisRefusals:
            guard redis.refusal != nil else { return }
            redis.refusal = nil
            trace.note(.redisAccepts, at: time)
        case .processKills:
            guard processes[place] == nil else { return }
            processes[place] = newProcess(at: place)
            trace.note(.processStarted, at: time, process: place)
        case .processesCutOff:
            processes[place]?.isCutOff = false
        }
    }

    /// Ends everything that is wrong: what has begun may still end badly.
    func heal() {
        isHealed = true
        for fault in SimulationFault.allCases {
            for place in processes.indices { endTrouble(fault, place: place) }
        }
    }

    func kill(_ process: SimulatedProcess) {
        trace.note(.processKilled, at: time, process: process.place)
        if !process.loads.isEmpty { trace.note(.processKilledCounting, at: time, process: process.place) }
        bounds.killed(process)
        processes[process.place] = nil
    }
}
