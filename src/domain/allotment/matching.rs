//! The assignment problem: each row gets a column of its own at the least cost in all.

/// The column for each of `rows`, no column twice, so that the sum of `cost(row, column)` is least.
///
/// The Hungarian method with potentials, in time rows² · columns. There must be at least as many columns as rows.
pub fn cheapest(rows: usize, columns: usize, cost: impl Fn(usize, usize) -> i128) -> Vec<usize> {
    debug_assert!(rows <= columns, "each row needs a column of its own");
    let mut row_potential = vec![0_i128; rows];
    let mut column_potential = vec![0_i128; columns];
    let mut row_of: Vec<Option<usize>> = vec![None; columns];
    for new_row in 0..rows {
        // The shortest way from the new row to a free column, over rows that would change theirs.
        let mut distance = vec![i128::MAX; columns];
        let mut before: Vec<Option<usize>> = vec![None; columns];
        let mut settled: Vec<usize> = Vec::with_capacity(new_row + 1);
        let mut is_settled = vec![false; columns];
        let mut at: Option<usize> = None;
        let mut length = 0;
        let free = loop {
            let row = at.map_or(new_row, |column| row_of[column].expect("only taken columns are gone on from"));
            for column in (0..columns).filter(|column| !is_settled[*column]) {
                let through = length + cost(row, column) - row_potential[row] - column_potential[column];
                if through < distance[column] {
                    (distance[column], before[column]) = (through, at);
                }
            }
            let open = (0..columns).filter(|column| !is_settled[*column]);
            let next = open.min_by_key(|column| distance[*column]).expect("there are as many columns as rows");
            length = distance[next];
            if row_of[next].is_none() {
                break next;
            }
            is_settled[next] = true;
            settled.push(next);
            at = Some(next);
        };
        row_potential[new_row] += length;
        for column in settled {
            let row = row_of[column].expect("settled columns are taken");
            row_potential[row] += length - distance[column];
            column_potential[column] -= length - distance[column];
        }
        // Each column on the way takes the row of the one before it.
        let mut column = free;
        while let Some(earlier) = before[column] {
            row_of[column] = row_of[earlier];
            column = earlier;
        }
        row_of[column] = Some(new_row);
    }
    let mut column_of = vec![0; rows];
    for (column, row) in row_of.iter().enumerate() {
        if let Some(row) = row {
            column_of[*row] = column;
        }
    }
    column_of
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::cheapest;

    /// The least sum by trying everything.
    fn least(costs: &[Vec<i128>], taken: &mut Vec<usize>) -> i128 {
        let Some(row) = costs.get(taken.len()) else { return 0 };
        let mut best = i128::MAX;
        for (column, cost) in row.iter().enumerate() {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost + least(costs, taken));
                taken.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn nothing_is_cheaper(
            costs in (1..=5_usize).prop_flat_map(|rows| {
                prop::collection::vec(prop::collection::vec(0..20_i128, 6), rows)
            })
        ) {
            let chosen = cheapest(costs.len(), 6, |row, column| costs[row][column]);
            let mut distinct = chosen.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), costs.len());
            let sum: i128 = chosen.iter().enumerate().map(|(row, column)| costs[row][*column]).sum();
            prop_assert_eq!(sum, least(&costs, &mut Vec::new()));
        }
    }
}
