Feature: Quota
  A shop may send so many messages a day and a month, counted in its own time zone.
  The room is taken when a message is accepted and given back when it was never sent.

  Background:
    Given a shop that pushes to iPhones and Android phones

  Scenario: What fits is accepted
    Given the shop may send 3 messages a day
    And 3 iPhones that receive pushes
    When the shop sends "Summer sale" to everybody
    Then "Summer sale" becomes sent
    And the shop has used 3 of its quota

  Scenario: A call that does not fit is refused as a whole
    Given the shop may send 2 messages a day
    And 3 iPhones that receive pushes
    When the shop sends "Summer sale" to everybody
    Then this is refused, because the quota is used up
    And the shop has used 0 of its quota

  Scenario: A refusal says when there will be room again
    Given the shop may send 0 messages a day
    And 1 iPhones that receive pushes
    When the shop sends "Summer sale" to everybody
    Then the shop is told to come back at the beginning of its next day

  Scenario: A shop may ask for as much as fits
    Given the shop may send 2 messages a day
    And 3 iPhones that receive pushes
    When the shop sends "Summer sale" to everybody, as far as the quota goes
    Then 2 messages are accepted and 1 is refused
    And the shop has used 2 of its quota

  Scenario: The month has a limit of its own
    Given the shop may send 10 messages a day and 2 a month
    And 3 iPhones that receive pushes
    When the shop sends "Summer sale" to everybody
    Then this is refused, because the quota is used up

  Scenario: Without a limit everything fits
    Given the shop has no limit
    And 3 iPhones that receive pushes
    When the shop sends "Summer sale" to everybody
    Then "Summer sale" becomes sent

  Scenario: However many send at once, the limit holds exactly
    Given the shop may send 7 messages a day
    And 1 iPhones that receive pushes
    When 20 servers of the shop send a message each at the same moment
    Then 7 of them are accepted and 13 refused
    And the shop has used 7 of its quota

  Scenario: A new day begins with a new quota
    Given the shop may send 1 messages a day
    And 1 iPhones that receive pushes
    And the shop has sent "Today" to everybody
    When the shop's next day has begun
    And the shop sends "Tomorrow" to everybody
    Then "Tomorrow" becomes sent
    And the shop has used 1 of its day and 2 of its month, unless a month has begun

  Scenario Outline: The day begins at midnight where the shop is
    Given the shop lives in <time zone>
    Then its quota begins anew at midnight in <time zone>

    Examples:
      | time zone        |
      | Asia/Seoul       |
      | America/New_York |
      | UTC              |

  Scenario: A scheduled message counts on the day on which it is sent
    Given the shop may send 1 messages a day
    And 1 iPhones that receive pushes
    And the shop has scheduled "In two days" for everybody in 2 days
    When the shop sends "Today" to everybody
    Then "Today" becomes sent
    And the shop has used 1 of its day

  Scenario: What could not be delivered does not count
    Given the shop may send 1 messages a day
    And Minsu's iPhone receives pushes
    And Jiyoung's iPhone receives pushes
    And Minsu's iPhone was uninstalled
    And the shop has sent "Lost" to Minsu's iPhone
    When "Lost" becomes failed
    And the shop has used 0 of its quota
    And the shop sends "Found" to Jiyoung's iPhone
    Then "Found" becomes sent

  Scenario: A message counts once, however often it is tried
    Given the shop may send 5 messages a day
    And Minsu's iPhone receives pushes
    And Apple is busy at the first attempt for Minsu's iPhone
    When the shop sends "Summer sale" to Minsu's iPhone
    Then "Summer sale" becomes sent
    And the shop has used 1 of its quota

  Scenario: The quota of one shop is not another's
    Given the shop may send 0 messages a day
    And another shop with a customer whose Yuna's iPhone receives pushes
    When the other shop sends "Hello" to Yuna's iPhone
    Then "Hello" becomes sent
