/** How a seat ended, as recorded in result.json. These are values: none of them throws. */
export type SeatStatus = 'Completed' | 'LimitsExceeded' | 'Timeout' | 'Error' | 'Cancelled';
