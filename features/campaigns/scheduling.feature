Feature: When campaigns run, and when people get them
  A campaign runs exactly when it was meant to, also when clocks change or nothing was running for hours.
  Nobody gets it at night, and nobody is left out without a reason. Instants are written in UTC.

  Rule: Every time on the clock is one run

    Scenario Outline: A nightly campaign in Berlin over the changes of clocks
      Given a campaign that runs at "30 2 * * *" in Europe/Berlin
      Then between <from> and <to> it runs at <runs>

      Examples: the clocks go forward over 02:30, so it runs when they show 03:00
        | from             | to               | runs                               |
        | 2026-03-28 12:00 | 2026-03-30 12:00 | 2026-03-29 01:00, 2026-03-30 00:30 |
        | 2027-03-27 12:00 | 2027-03-29 12:00 | 2027-03-28 01:00, 2027-03-29 00:30 |

      Examples: the clocks show 02:30 twice, so it runs the first time
        | from             | to               | runs                               |
        | 2026-10-24 12:00 | 2026-10-26 12:00 | 2026-10-25 00:30, 2026-10-26 01:30 |
        | 2027-10-30 12:00 | 2027-11-01 12:00 | 2027-10-31 00:30, 2027-11-01 01:30 |

    Scenario: The new year in Seoul begins while it is still the old one in London
      Given a campaign that runs at "0 0 1 1 *" in Asia/Seoul
      Then between 2026-12-01 00:00 and 2027-02-01 00:00 it runs at 2026-12-31 15:00

    Scenario Outline: What could never run is refused
      When somebody wants a campaign that runs at "<cron>" in <zone>
      Then it is refused, and the fault is in "<field>"

      Examples:
        | cron       | zone       | field              |
        | 0 25 * * * | Asia/Seoul | schedule.cron      |
        | 0 9 31 2 * | Asia/Seoul | schedule.cron      |
        | 0 9 * * *  | Asia/Soul  | schedule.time_zone |

  Rule: After downtime there is no burst

    Scenario Outline: Six hours in which nothing ran
      Given a campaign that runs at "<cron>" in Asia/Seoul
      And after downtime it is to be <policy>
      When nothing ran from 2026-05-04 02:30 to 2026-05-04 08:30
      Then <started> starts, and <missed> runs are marked missed

      Examples:
        | cron       | policy                  | started       | missed |
        | 0 12 * * * | sent up to 6 hours late | that of 03:00 | 0      |
        | 0 12 * * * | sent up to 2 hours late | nothing       | 1      |
        | 0 12 * * * | marked missed           | nothing       | 1      |
        | 0 * * * *  | sent up to 6 hours late | that of 08:00 | 5      |
        | 0 * * * *  | marked missed           | nothing       | 6      |

  Rule: Nine o'clock is nine o'clock where people live

    Background:
      Given a campaign that people get on 2026-12-24 at 09:00, in Asia/Seoul if nobody knows where they live

    Scenario Outline: Everybody by their own clocks
      When it starts at 2026-12-23 12:00
      Then who lives by <zone> gets it at <due>

      Examples:
        | zone                | due              |
        | Asia/Seoul          | 2026-12-24 00:00 |
        | Asia/Kathmandu      | 2026-12-24 03:15 |
        | Europe/Berlin       | 2026-12-24 08:00 |
        | America/Los_Angeles | 2026-12-24 17:00 |

    Scenario Outline: Where nine o'clock has passed
      Given where the time has passed, it is to be <choice>
      When it starts at 2026-12-24 06:00
      Then who lives by Asia/Seoul <outcome>
      And who lives by Europe/Berlin gets it at 2026-12-24 08:00

      Examples:
        | choice   | outcome                                    |
        | send_now | gets it at 2026-12-24 06:00                |
        | next_day | gets it at 2026-12-25 00:00                |
        | skip     | gets nothing, because of local_time_passed |

    Scenario Outline: A zone that is none drops nobody
      When it starts at 2026-12-23 12:00
      Then who says to live by "<said>" in <country> gets it at <due>, and the report says that "<said>" is no zone

      Examples:
        | said     | country | due              |
        | Mars     | FR      | 2026-12-24 08:00 |
        | GMT+0900 | US      | 2026-12-24 00:00 |

  Rule: The night is quiet

    Scenario Outline: What is due at night comes in the morning
      Given quiet hours from 21:00 to 08:00
      Then what is due at <due> for who lives by Asia/Seoul is sent at <sent>

      Examples:
        | due              | sent             |
        | 2026-05-04 11:59 | 2026-05-04 11:59 |
        | 2026-05-04 12:00 | 2026-05-04 23:00 |
        | 2026-05-04 22:59 | 2026-05-04 23:00 |

    Scenario: What would be too old in the morning is not sent
      Given quiet hours from 21:00 to 08:00
      And messages that are good for 8 hours
      Then what is due at 2026-05-04 12:00 for who lives by Asia/Seoul is not sent, because of expired

  Rule: Korean advertising needs consent, and for the night consent of its own

    Scenario Outline: Who agreed to what
      Then an advertisement by <channel> that is due at <due> for who agreed to <consent> <outcome>

      Examples:
        | channel    | due              | consent               | outcome                                     |
        | push       | 2026-05-04 03:00 | nothing               | is not sent, because of no_ad_consent       |
        | push       | 2026-05-04 03:00 | advertising           | is sent at 2026-05-04 03:00                 |
        | push       | 2026-05-04 15:00 | advertising           | is sent at 2026-05-04 23:00                 |
        | sms        | 2026-05-04 15:00 | advertising           | is sent at 2026-05-04 23:00                 |
        | push       | 2026-05-04 15:00 | advertising and night | is sent at 2026-05-04 15:00                 |
        | push       | 2026-05-04 15:00 | night                 | is not sent, because of no_ad_consent       |
        | kakao_talk | 2026-05-04 03:00 | advertising and night | is not sent, because of not_for_advertising |

    Scenario: An advertisement says that it is one
      Then the text message "오늘만 반값" is sent as "(광고) 자동상점 / 오늘만 반값 / 무료수신거부 080-123-4567"

  Rule: Nobody gets too much

    Scenario Outline: A pace is kept
      Then at <pace> messages a second a chunk holds <size>, and 60000 messages take <time>

      Examples:
        | pace | size | time       |
        | 500  | 500  | 2 minutes  |
        | 100  | 100  | 10 minutes |
        | 1000 | 500  | 1 minute   |

    Scenario: A pace of nothing is refused
      When somebody wants a pace of 0 messages a second
      Then it is refused, and the fault is in "pacing.per_second"

    Scenario Outline: Two a day are enough
      Given a cap of 2 messages in 24 hours
      Then who got messages <before> hours ago <outcome>

      Examples:
        | before | outcome                                   |
        | 1      | gets another one                          |
        | 1, 24  | gets another one                          |
        | 1, 23  | gets nothing, because of frequency_capped |

    Scenario: Of several devices the used one gets it
      Given Minsu's iPhone, last used 5 hours ago
      And Minsu's iPad, last used 2 hours ago
      And Minsu's Android phone, never used
      When a campaign reaches one device of each person
      Then Minsu gets it on his iPad
