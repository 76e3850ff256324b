Feature: Sending later, too late, or not at all
  A message may wait for its hour. Until it is handed to a provider it can be called back,
  and when its time is over it is not sent any more.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes

  Scenario: A scheduled message waits for its time
    Given the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    When 1 hour has passed
    Then "Good morning" is waiting
    And nobody was asked to deliver "Good morning"

  Scenario: A scheduled message goes out when its time has come
    Given the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    When 2 hours have passed
    Then "Good morning" becomes sent
    And Apple took "Good morning" exactly once

  Scenario: Nothing is scheduled for more than 90 days ahead
    When the shop tries to schedule "Good morning" for Minsu's iPhone in 91 days
    Then this is refused, because it cannot work like that

  Scenario: A canceled message is never sent
    Given the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    When the shop cancels "Good morning"
    And 3 hours have passed
    Then "Good morning" is canceled
    And nobody was asked to deliver "Good morning"
    And the shop has used 0 of its quota

  Scenario: A message that waits for another attempt can be canceled
    Given Apple answers every attempt for Minsu's iPhone with "ServiceUnavailable" and asks for a pause of 2 minutes
    And the shop has sent "Good morning" to Minsu's iPhone
    When "Good morning" waits for another attempt
    And the shop cancels "Good morning"
    And 1 hour has passed
    Then "Good morning" is canceled
    And Apple was asked 1 time to deliver "Good morning"

  Scenario Outline: What is over cannot be canceled
    Given "Good morning" to Minsu's iPhone is <status>
    When the shop cancels "Good morning"
    Then this is refused, because it is too late for that
    And "Good morning" becomes <status>

    Examples:
      | status   |
      | sent     |
      | received |
      | opened   |
      | failed   |
      | canceled |

  Scenario: Of two scheduled messages only the canceled one stays away
    Given Jiyoung's iPhone receives pushes
    And the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    And the shop has scheduled "Good evening" for Jiyoung's iPhone in 2 hours
    When the shop cancels "Good morning"
    And 2 hours have passed
    Then "Good evening" becomes sent
    And "Good morning" is canceled

  Scenario: A message that could not be sent in time expires
    Given the shop's iPhone channel is paused
    And the shop has sent "Your code is 1042", good for 5 minutes, to Minsu's iPhone
    When 6 minutes have passed
    Then "Your code is 1042" fails because of "expired"
    And the shop has used 0 of its quota

  Scenario: A message that waited long, but not too long, is sent
    Given the shop's iPhone channel is paused
    And the shop has sent "Your code is 1042", good for 5 minutes, to Minsu's iPhone
    When 4 minutes have passed
    And the shop's iPhone channel is resumed
    Then "Your code is 1042" becomes sent
