use super::*;

/// Takes permits for `seconds` and returns when each was given, in seconds.
async fn sends(limiter: &Limiter, row: Row, seconds: u64) -> Vec<f64> {
    let start = Instant::now();
    let mut sent = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(seconds), async {
        loop {
            drop(limiter.acquire(row).await);
            sent.push(start.elapsed().as_secs_f64());
        }
    });
    assert!(end.await.is_err(), "the loop has no other end");
    sent
}

/// Whether a service with the published bucket would let all of these arrivals through.
fn accepted(published: Published, arrivals: &[f64]) -> bool {
    let mut tokens = f64::from(published.burst);
    let mut last = 0.0;
    arrivals.iter().all(|at| {
        tokens = f64::from(published.burst).min(tokens + (at - last) * published.rate) - 1.0;
        last = *at;
        tokens >= -1e-9
    })
}

#[tokio::test(start_paused = true)]
async fn every_row_is_used_at_its_full_rate_and_its_bucket_never_runs_dry() {
    for row in Row::ALL {
        let published = row.published();
        let sent = sends(&Limiter::published(), row, 60).await;
        let mut sustained = Duration::from_mins(1).as_secs_f64() * published.rate;
        sustained -= f64::from(u32::try_from(sent.len()).unwrap());
        assert!(sustained <= 0.0, "{row:?}: {}", sent.len());
        assert!(accepted(published, &sent), "{row:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenth_of_a_second_of_jitter_is_absorbed_where_calls_are_frequent() {
    for row in [Row::Accounts, Row::ForParent, Row::Children, Row::Account] {
        let sent = sends(&Limiter::published(), row, 30).await;
        // The worst case: everything before a moment is late, everything after it is not.
        for turn in 0..sent.len() {
            let mut arrivals: Vec<f64> = sent.iter().map(|at| at + 0.06).collect();
            for late in &mut arrivals[..turn] {
                *late += 0.1;
            }
            arrivals.sort_by(f64::total_cmp);
            assert!(accepted(row.published(), &arrivals), "{row:?} at {turn}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_row_share_its_bucket_whoever_sends_them() {
    let limiter = Limiter::published();
    let (mut one, two) = tokio::join!(
        sends(&limiter, Row::ForParent, 20),
        sends(&limiter, Row::ForParent, 20)
    );
    one.extend(two);
    one.sort_by(f64::total_cmp);
    assert!(accepted(Row::ForParent.published(), &one));
}

#[tokio::test(start_paused = true)]
async fn only_four_calls_of_a_row_are_in_flight() {
    let limiter = Limiter::published();
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(limiter.acquire(Row::Children).await);
    }
    let fifth = limiter.acquire(Row::Children);
    let waits = tokio::time::timeout(Duration::from_mins(1), fifth).await;
    assert!(waits.is_err());
    held.pop();
    limiter.acquire(Row::Children).await;
}

#[tokio::test(start_paused = true)]
async fn a_throttled_answer_halves_the_pace_once_per_burst_and_it_recovers() {
    let limiter = Limiter::published();
    let burst: Vec<Permit> = futures::future::join_all(
        std::iter::repeat_with(|| limiter.acquire(Row::Children)).take(4),
    )
    .await;
    tokio::time::advance(Duration::from_millis(60)).await;
    for permit in burst {
        permit.throttled(false);
    }
    let slow = sends(&limiter, Row::Children, 10).await;
    assert!((29..=30).contains(&slow.len()), "{}", slow.len());
    assert!(slow[0] > 0.3, "the bucket starts empty");
    sends(&limiter, Row::Children, 11).await;
    let recovered = sends(&limiter, Row::Children, 10).await;
    assert!((59..=61).contains(&recovered.len()), "{}", recovered.len());
}

#[tokio::test(start_paused = true)]
async fn a_complaint_about_concurrent_calls_leaves_fewer_of_them_but_always_one() {
    let limiter = Limiter::published();
    for _ in 0..10 {
        limiter.acquire(Row::Children).await.throttled(true);
    }
    let held = limiter.acquire(Row::Children).await;
    let second = tokio::time::timeout(Duration::from_secs(5), limiter.acquire(Row::Children));
    assert!(second.await.is_err());
    drop(held);
    // Each recovery gives one place back.
    tokio::time::advance(RECOVERY).await;
    let first = limiter.acquire(Row::Children).await;
    let second = limiter.acquire(Row::Children).await;
    drop((first, second));
}

#[tokio::test(start_paused = true)]
async fn a_clone_has_no_burst_of_its_own() {
    let limiter = Limiter::published();
    let burst = sends(&limiter, Row::ForParent, 1).await.len();
    let more = sends(&limiter.clone(), Row::ForParent, 1).await.len();
    assert!(more < burst, "{burst} and {more}");
}

#[tokio::test(start_paused = true)]
async fn changes_of_one_row_go_one_after_the_other() {
    let limiter = Limiter::published();
    for row in [Row::Moves, Row::Removals, Row::Leaving, Row::Closures] {
        let held = limiter.acquire(row).await;
        let second = tokio::time::timeout(Duration::from_mins(1), limiter.acquire(row));
        assert!(second.await.is_err(), "{row:?}");
        drop(held);
        limiter.acquire(row).await;
    }
}

#[tokio::test(start_paused = true)]
async fn closures_go_at_the_configured_pace_whatever_it_is() {
    let limiter = Limiter::closing_every(Duration::from_secs(5));
    assert_eq!(sends(&limiter, Row::Closures, 19).await.len(), 4);
    for extreme in [Duration::ZERO, Duration::MAX] {
        let limiter = Limiter::closing_every(extreme);
        limiter.acquire(Row::Closures).await.throttled(true);
    }
}
