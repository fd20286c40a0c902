//! Reads what was committed from SQLite's write-ahead log.

use std::path::Path;

/// Returns the number of pages that each commit wrote, the oldest first. The log must not have been reset since.
pub fn pages_per_commit(database: &Path) -> Vec<usize> {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    let log = std::fs::read(name).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let (page_size, salts) = (number(8) as usize, &log[16..24]);
    let frames = (HEADER..log.len()).step_by(FRAME_HEADER + page_size);
    let (mut commits, mut pages) = (Vec::new(), 0);
    for frame in frames.take_while(|frame| &log[frame + 8..frame + 16] == salts) {
        pages += 1;
        // The last frame of a commit has the size of the database.
        if number(frame + 4) > 0 {
            commits.push(pages);
            pages = 0;
        }
    }
    commits
}

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
